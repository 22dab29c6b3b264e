"""Large values, each a plain string under a key of its own: `GET prefix:value:name` shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from redis_xcom.errors import NotReplicated, StoreError, StoreRefused, StoreUnavailable
from redis_xcom.keys import check_name

if TYPE_CHECKING:
    from redis import Redis

    from redis_xcom.durability import Replicated

LARGEST = 512 * 1024 * 1024
"""What a server takes as one argument, unless its `proto-max-bulk-len` says otherwise."""
SOCKET_TIMEOUT = 5.0
PATIENCE = 4.0
"""Seconds after which nothing is sent again: with the last timeout some ten in all."""
PAGE = 1_000
RIGHTS = "+set +get +del +scan +strlen +wait +ping +select +client|setname"


def connect(url: str, **options: Any) -> Redis:
    """Return a client for large values: no copies on the way, and an end to its patience."""
    from redis_xcom.connect import connect as connect_to
    from redis_xcom.pieces import InPieces
    from redis_xcom.retry import Retrying

    patience = {"retry": Retrying(within=PATIENCE), "socket_timeout": SOCKET_TIMEOUT}
    return connect_to(url, **patience | {"command_packer": InPieces()} | options)


class Blobs:
    """The values under one prefix.

    :param client: best from `connect` here.
    :param durability: what has to confirm a value before `put` returns; None for the server alone.
    """

    def __init__(
        self, client: Redis | Any, prefix: str, *, durability: Replicated | None = None
    ) -> None:
        self._client = client
        self._durability = durability
        self._prefix = check_name(prefix, "prefix")

    def put(self, name: str, data: bytes, *, ttl: timedelta | None = None) -> bool:
        """Store it until its time is over; False, and nothing changed, where something lies.

        Where replicas have to confirm it, what lies there is overwritten.

        :param name: never used for another value.
        """
        key = self._key(name)
        if len(data) > LARGEST:
            raise StoreRefused(
                f"{key}: {len(data)} bytes are more than the {LARGEST} that Redis takes: "
                "choose another store for it"
            )
        until = () if ttl is None else ("PX", max(1, round(ttl.total_seconds() * 1000)))
        with told(key):
            if self._durability is not None:
                from redis_xcom.confirming import Confirming

                # Replicas confirm what was written: a repeat, too, has to write.
                writer = Confirming(self._client, self._durability, key)
                return bool(writer.execute_command("SET", key, data, *until))
            return bool(self._client.execute_command("SET", key, data, "NX", *until))

    def get(self, name: str) -> bytes | None:
        """Return it; None where nothing lies."""
        key = self._key(name)
        with told(key):
            return cast("bytes | None", self._client.get(key))

    def delete(self, name: str) -> bool:
        """Remove it; False where nothing was."""
        key = self._key(name)
        with told(key):
            return bool(self._client.delete(key))

    def list(self) -> Iterator[tuple[str, int]]:
        """Go through all names and how many bytes lie there; the server works on meanwhile."""
        base = self._key("")
        pattern = re.sub(r"([*?\[\]\\])", r"\\\1", base) + "*"
        cursor = 0
        while True:
            with told(base):
                cursor, keys = self._client.scan(cursor, match=pattern, count=PAGE)
                sizes = _sizes(self._client, keys)
            for key, size in zip(keys, sizes, strict=True):
                if isinstance(size, int) and size >= 0:
                    yield key.decode(errors="replace")[len(base) :], size
            if cursor == 0:
                return

    def _key(self, name: str) -> str:
        return f"{self._prefix}:value:{name}"


def _sizes(client: Any, keys: list[Any]) -> list[Any]:
    """How many bytes each holds; an error for what is no string, or was renamed meanwhile."""
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.strlen(key)
    sizes: list[Any] = pipeline.execute(raise_on_error=False)
    return sizes


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn the library's errors into those of a store."""
    import redis

    try:
        yield
    except NotReplicated as error:
        raise StoreUnavailable(
            f"{what}: the server has it, but too few replicas have confirmed it: asking again does "
            "no harm, and INFO replication of the server tells more"
        ) from error
    except redis.RedisError as error:
        raise _translated(error, what) from error


def _translated(error: Exception, what: str) -> StoreError:
    import redis

    from redis_xcom.retry import passes

    words = f"{what}: {str(error).rstrip('.')}"
    if isinstance(error, (redis.AuthenticationError, redis.exceptions.NoPermissionError)):
        return StoreRefused(
            f"{words}: give the connection's login ~{what.partition(':value:')[0]}:value:* {RIGHTS}"
        )
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError)) or passes(error):
        return StoreUnavailable(f"{what}: no answer from the server: {error}")
    if isinstance(error, redis.exceptions.OutOfMemoryError) or str(error).startswith("OOM "):
        return StoreRefused(
            f"{what}: the server's maxmemory is reached, nothing was stored: raise it, lower "
            "[redis_xcom] xcom_ttl, or choose another store"
        )
    return StoreRefused(f"{words}: the server refused it")
