"""Keys that should end by themselves, and do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.survey import errors_told

if TYPE_CHECKING:
    from redis import Redis

NO_TTL = -1
PAGE = 1_000


def endless_keys(client: Redis | Any, prefix: str) -> Iterator[bytes]:
    """Each key `prefix:{…}:…` that has no TTL, a page at a time; the server works on meanwhile."""
    cursor = 0
    with errors_told():
        while True:
            cursor, keys = client.scan(cursor, match=f"{prefix}:{{*}}:*", count=PAGE)
            spans = client.pipeline(transaction=False)
            for key in keys:
                spans.pttl(key)
            yield from (
                key for key, left in zip(keys, spans.execute(), strict=True) if left == NO_TTL
            )
            if cursor == 0:
                return


def let_end(client: Redis | Any, key: bytes, ttl: timedelta) -> bool:
    """Have the key end after so long, unless it ends already; tell whether that changed it."""
    with errors_told():
        return bool(client.expire(key, ttl, nx=True))
