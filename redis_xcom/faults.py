"""The one edge where the client library's exceptions become ours."""

from __future__ import annotations

from typing import Any

from redis_xcom.errors import (
    BadArgument,
    QueueFull,
    RedisXComError,
    ServerError,
    ServerUnavailable,
    WrongKeyType,
)
from redis_xcom.keys import TYPES, Keys


def translated(
    error: Exception, client: Any, keys: Keys, other: Keys | None = None
) -> RedisXComError:
    """Return our error for the library's; the caller raises it from the original.

    :param other: of the queue that is forwarded to.
    """
    import redis

    from redis_xcom.retry import passes

    words = str(error).split(" script: ")[0]
    if isinstance(error, redis.AuthenticationError):
        return ServerError(f"queue {keys.name!r}: the server refused the login: {words}")
    if "same slot" in words or "same key slot" in words:
        return BadArgument(
            f"queue {keys.name!r}: on a Cluster results are forwarded between queues of one tag: "
            "give both the same tag=…; nothing was changed"
        )
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError)) or passes(error):
        return ServerUnavailable(
            f"queue {keys.name!r}: no answer from the server: {words.rstrip('.')}. Repeating the "
            "call does no harm, except for a push without push_id, which may have been taken"
        )
    if isinstance(error, redis.exceptions.OutOfMemoryError) or words.startswith("OOM "):
        return QueueFull(
            f"queue {keys.name!r}: the server's maxmemory is reached, nothing was added: "
            "work items off or raise maxmemory"
        )
    if "WRONGTYPE" in words:
        return WrongKeyType(_which_type(client, (keys, other) if other else (keys,)))
    return ServerError(f"queue {keys.name!r}: the server refused: {words}")


def _which_type(client: Any, queues: tuple[Keys, ...]) -> str:
    expected = {keys.part(part): kind for keys in queues for part, kind in TYPES.items()}
    found = {key: client.execute_command("TYPE", key).decode() for key in expected}
    wrong = [
        f"{key} is a {kind}, not a {expected[key]}"
        for key, kind in found.items()
        if kind not in ("none", expected[key])
    ]
    return "; ".join(wrong) + ": nothing was changed; rename or delete what does not belong there"
