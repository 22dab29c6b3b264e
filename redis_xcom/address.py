"""Urls of servers: what they may say, checked before anything connects."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, urlsplit

from redis_xcom.errors import BadArgument

SCHEMES = ("redis", "rediss", "unix")
FORMS = "use redis://host:port/db, rediss://… or unix:///path"
UNREADABLE = f"url has a host, port, database or option that cannot be meant so: {FORMS}"
SETTABLE = (
    "client_name",
    "db",
    "health_check_interval",
    "max_connections",
    "password",
    "socket_connect_timeout",
    "socket_keepalive",
    "socket_timeout",
    "username",
)
"""What may stand behind its question mark, besides what begins with `ssl_`: nothing that would
bend the bytes or undo the retries."""


def check_url(url: object) -> str:
    """Return the scheme; an error never repeats the url, which may hold a password."""
    parts = _split(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme not in SCHEMES:
        raise BadArgument(f"url has another scheme: {FORMS}")
    if parts.scheme != "unix" and not _is_database(parts.path):
        raise BadArgument(UNREADABLE)
    for option in parse_qs(parts.query, keep_blank_values=True):
        if option not in SETTABLE and not option.startswith("ssl_"):
            raise BadArgument(f"url has an option that is none of ssl_…, {', '.join(SETTABLE)}")
    return parts.scheme


def _split(url: str) -> SplitResult:
    try:
        url.encode()
        return urlsplit(url)
    except ValueError:  # whose words may repeat a part of the password
        raise BadArgument(UNREADABLE) from None


def _is_database(path: str) -> bool:
    return path in {"", "/"} or path.strip("/").isdecimal()
