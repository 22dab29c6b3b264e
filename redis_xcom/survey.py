"""Which queues lie on a server, and what else lies among their keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import ServerError, ServerUnavailable
from redis_xcom.keys import NAME, TYPES, Keys

if TYPE_CHECKING:
    from redis import Redis

WORD = NAME.pattern
KEY = re.compile(
    rf"(?P<prefix>{WORD}):\{{(?P<slot>{WORD})\}}:(?:(?P<name>{WORD}):)?(?P<part>[a-z]+)"
)
PAGE = 1_000


@dataclass(frozen=True)
class Survey:
    """The queues found, by name, and each key that is part of none with its type."""

    queues: list[Keys] = field(default_factory=list)
    strays: dict[str, str] = field(default_factory=dict)


def find_queues(client: Redis | Any, pattern: str = "*:{*}:*") -> Survey:
    """Look at every key, a page at a time; the server works on meanwhile."""
    found: set[Keys] = set()
    strays: dict[str, str] = {}
    with errors_told():
        for key, kind in _keys(client, pattern):
            parts = KEY.fullmatch(key)
            if parts is not None and TYPES.get(parts["part"]) == kind:
                found.add(_queue(parts))
            else:
                strays[key] = kind
    queues = sorted(found, key=lambda keys: (keys.prefix, keys.slot, keys.name))
    return Survey(queues, strays)


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn the library's errors into ours, where no queue is spoken to."""
    import redis

    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise ServerUnavailable(f"no answer from the server: {error}") from error
    except redis.RedisError as error:
        raise ServerError(f"the server refused: {error}") from error


def _queue(parts: re.Match[str]) -> Keys:
    if parts["name"] is None:
        return Keys(parts["slot"], parts["prefix"])
    return Keys(parts["name"], parts["prefix"], parts["slot"])


def _keys(client: Any, pattern: str) -> Iterator[tuple[str, str]]:
    cursor = 0
    while True:
        cursor, raws = client.scan(cursor, match=pattern, count=PAGE)
        types = client.pipeline(transaction=False)
        for raw in raws:
            types.type(raw)
        for raw, kind in zip(raws, types.execute(), strict=True):
            if kind != b"none":
                yield raw.decode(errors="backslashreplace"), kind.decode()
        if cursor == 0:
            return
