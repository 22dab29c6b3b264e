"""Clients that we build ourselves: nothing rests on a version's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis_xcom.address import UNREADABLE, check_url
from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from redis import Redis

SOCKET_TIMEOUT = 10.0
LONGEST_BLOCK = 5.0
"""Seconds that one command may block: below the socket's timeout, or it would look like a loss."""


def connect(url: str, **options: Any) -> Redis:
    """Return a client for `redis://`, `rediss://` or `unix://`; connects at the first command.

    A command whose reply is lost is sent again (eight times, within about two seconds when the
    server refuses at once): every script recognises its repetition. TLS verifies certificate and
    host name unless the url says otherwise.
    """
    import redis

    from redis_xcom.retry import Retrying

    client: Redis = build(redis.Redis, url, **{"retry": Retrying()} | options)
    return client


def build(kind: Any, url: str, **options: Any) -> Any:
    """Return a client of this kind with our settings."""
    import redis

    scheme = check_url(url)
    settings: dict[str, Any] = {
        "decode_responses": False,
        "protocol": 2,
        "socket_timeout": SOCKET_TIMEOUT,
        "retry_on_error": [redis.ConnectionError, redis.TimeoutError],
        "health_check_interval": 30,
        "client_name": "redis-xcom",
    }
    if scheme != "unix":
        settings |= {"socket_connect_timeout": 5.0, "socket_keepalive": True}
    if scheme == "rediss":
        settings |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    try:
        client = kind.from_url(url, **settings | options)
        _try_settings(client)
    except (ValueError, TypeError, redis.RedisError):
        raise BadArgument(UNREADABLE) from None  # whose words may repeat a part of the password
    return client


def _try_settings(client: Any) -> None:
    """Build a connection that is never opened: redis-py looks at its settings no sooner."""
    pool = client.connection_pool
    database = pool.connection_class(**pool.connection_kwargs).db
    if int(database) < 0:
        raise ValueError("no database")


def client_for(url: str | None, client: Any | None) -> Any:
    """Return the ready client, or one for the url; exactly one of them must be given."""
    if (url is None) == (client is None):
        raise BadArgument("give a url or a ready client, one of the two")
    return check_client(client) if url is None else connect(url)


def check_client(client: Any) -> Any:
    """Return a ready client, or raise `BadArgument` for one that would bend the bytes."""
    encoder = getattr(client, "get_encoder", None)
    if encoder is None or not hasattr(client, "execute_command"):
        raise BadArgument(f"client is a {type(client).__name__}, not a redis-py client")
    if encoder().decode_responses:
        raise BadArgument(
            "client decodes responses, and one item that is not UTF-8 would lose its whole batch: "
            "build it with decode_responses=False"
        )
    return client


def longest_block(client: Any) -> float:
    """Seconds that this client may wait in one command without taking it for a lost reply."""
    pool = getattr(client, "connection_pool", None)
    timeout = getattr(pool, "connection_kwargs", {}).get("socket_timeout")
    return min(LONGEST_BLOCK, timeout / 2) if timeout else LONGEST_BLOCK


def follows_sentinel(client: Any) -> bool:
    """Whether each new connection of this client goes to the primary that Sentinel names."""
    return hasattr(getattr(client, "connection_pool", None), "get_master_address")
