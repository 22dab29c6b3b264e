"""From an Airflow connection of the type `redis` to a client of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from redis_xcom.durability import Replicated
from redis_xcom.errors import BadArgument
from redis_xcom.wording import shown

if TYPE_CHECKING:
    from airflow.sdk import Connection
    from redis import Redis

    from redis_xcom import Queue

TYPES = {"redis": False, "rediss": True}
"""Connection types that are understood, and whether they mean TLS by themselves."""

DEFAULT_PORT = 6379
LAST_PORT = 65535
LONGEST_NUMBER = 9
HOST = re.compile(r"[\w.-]+")
VERIFICATION = {
    "required": "required",
    "require": "required",  # as the documentation of Airflow's own hook spells it
    "optional": "optional",
    "none": "none",
}
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off", "none", ""}


@dataclass(frozen=True)
class RedisServer:
    """Where a connection leads and how to talk there.

    :param url: without login and password, safe to log.
    :param options: login, password and TLS settings, for redis-py.
    :param durability: what has to confirm a write there, None for the server alone.
    """

    url: str
    options: dict[str, Any] = field(repr=False, default_factory=dict)
    durability: Replicated | None = None

    def connect(self, **options: Any) -> Redis:
        """Return a client; it connects at its first command.

        :param options: for redis-py, beyond our own.
        """
        from redis_xcom.connect import connect

        return connect(self.url, **self.options, **options)

    def open(self, name: str, **options: Any) -> tuple[Redis, Queue]:
        """Return a queue there, with options of `Queue`, and its client to be closed."""
        client = self.connect()
        return client, self.queue(client, name, **options)

    def queue(self, client: Redis, name: str, **options: Any) -> Queue:
        """Return a queue over this client, for as long as this process has its supervisor."""
        from redis_xcom import Queue
        from redis_xcom.airflow.supervised import alive

        options = {"durability": self.durability, "alive": alive} | options
        return Queue(name, client=client, **options)


def get_server(conn_id: str) -> RedisServer:
    """Look the connection up and read it; only where a task runs."""
    from airflow.sdk import Connection

    return read(Connection.get(conn_id))


async def get_server_async(conn_id: str) -> RedisServer:
    """The same from an event loop."""
    from airflow.sdk.bases.hook import BaseHook

    return read(await BaseHook.aget_connection(conn_id))


def read(connection: Connection) -> RedisServer:
    """Read a connection, given in whatever form; raise `BadArgument` for a contradiction.

    The database is the path of the URI or the extra `db`. A host that begins with a slash is a
    Unix socket. TLS is on for `rediss://` and with the extra `ssl`, and verifies certificate and
    host name unless `ssl_cert_reqs` and `ssl_check_hostname` say otherwise. The extra `replicas`
    says how many replicas have to confirm a write, `replicas_timeout` for how many seconds each
    call waits for them.
    """
    name = f"connection {connection.conn_id!r}"
    kind = (connection.conn_type or "redis").lower()
    if kind not in TYPES:
        raise BadArgument(f"{name} is of the type {shown(kind)}, not redis")
    extra: Any = connection.extra_dejson  # whatever JSON it is
    extra = {} if extra is None else extra
    if not isinstance(extra, dict):
        raise BadArgument(f"{name} has an extra that is a {type(extra).__name__}, not an object")
    if _flag(extra, "cluster", name, default=False):
        raise BadArgument(f"{name} has cluster on: only a single server is supported")
    options: dict[str, Any] = {"username": connection.login, "password": connection.password}
    options = {key: value for key, value in options.items() if value}
    address = _address(connection, _database(connection, extra, name), name)
    durability = _durability(extra, name)
    if not _flag(extra, "ssl", name, default=TYPES[kind]):
        return RedisServer(address, options, durability)
    if address.startswith("unix"):
        raise BadArgument(f"{name} asks for TLS on a Unix socket")
    address = address.replace("redis", "rediss", 1)
    return RedisServer(address, options | _tls(extra, name), durability)


def _address(connection: Connection, database: int, name: str) -> str:
    port: object = connection.port or DEFAULT_PORT
    if not isinstance(port, int) or not 0 < port <= LAST_PORT:
        raise BadArgument(f"{name} has the port {shown(port)}, not one from 1 to {LAST_PORT}")
    host = connection.host or "localhost"
    try:
        if host.startswith("/"):
            return f"unix://{quote(host)}?db={database}"
        if ":" in host:
            return f"redis://[{quote(str(IPv6Address(host)), safe=':')}]:{port}/{database}"
    except ValueError:  # half a character, or no address
        raise BadArgument(f"{name} has no plain host name") from None
    if not HOST.fullmatch(host):
        raise BadArgument(f"{name} has no plain host name")
    return f"redis://{host}:{port}/{database}"


def _database(connection: Connection, extra: dict[str, Any], name: str) -> int:
    given = {_text(db).strip("/") for db in (connection.schema, extra.get("db"))} - {""}
    if len(given) > 1:
        raise BadArgument(f"{name} names two databases: {' and '.join(map(shown, sorted(given)))}")
    database = given.pop() if given else "0"
    if not database.isdecimal() or len(database) > LONGEST_NUMBER:
        raise BadArgument(f"{name} has the database {shown(database)}, which is not a number")
    return int(database)


def _durability(extra: dict[str, Any], name: str) -> Replicated | None:
    """A URI brings text, JSON a number; 0 replicas are none."""
    replicas, timeout = extra.get("replicas") or 0, extra.get("replicas_timeout") or 1
    try:
        if int(replicas) == 0:
            return None
        return Replicated(int(replicas), timedelta(seconds=float(timeout)))
    except (ValueError, TypeError, OverflowError) as error:
        raise BadArgument(
            f"{name} has replicas {shown(replicas)}, replicas_timeout {shown(timeout)}: {error}"
        ) from None


def _tls(extra: dict[str, Any], name: str) -> dict[str, Any]:
    given = _text(extra.get("ssl_cert_reqs")) or "required"
    if given not in VERIFICATION:
        raise BadArgument(f"{name} has ssl_cert_reqs {shown(given)}: required, optional or none")
    if odd := [key for key in FILES if not isinstance(extra.get(key) or "", str)]:
        raise BadArgument(f"{name} has an extra {odd[0]} that is no path")
    verification = VERIFICATION[given]
    check = _flag(extra, "ssl_check_hostname", name, default=verification != "none")
    return {
        "ssl_cert_reqs": verification,
        "ssl_check_hostname": check and verification != "none",
        **{key: extra[key] for key in FILES if extra.get(key)},
    }


def _flag(extra: dict[str, Any], key: str, name: str, *, default: bool) -> bool:
    value = extra.get(key)
    if value is None:
        return default
    text = _text(value)
    if text not in TRUE | FALSE:
        raise BadArgument(f"{name} has {key} {shown(text)}, which is neither true nor false")
    return text in TRUE


def _text(value: object) -> str:
    """A URI brings text where JSON brings its own types."""
    if value is None:
        return ""
    return (value if isinstance(value, str) else shown(value)).strip().lower()
