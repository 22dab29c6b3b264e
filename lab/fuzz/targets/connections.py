"""Airflow connections, with anything in their fields and any JSON in their extras."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any

from lab.fuzz.draw import Draw
from lab.fuzz.target import Target, must
from lab.fuzz.targets.values import NO_DIGITS
from redis_xcom.airflow.connection import RedisServer, read
from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from redis import Redis

SECRET = "hunter2-s3cret"
EXTRAS = ("db", "ssl", "ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "cluster", "timeout")
FLAGS = (True, False, "true", "False", "0", 1, None, "none", "required", "optional", "2", "/a.pem")
HOSTS = (
    "cache",
    "",
    None,
    "/run/a b.sock",
    "::1",
    "a/b",
    "u@h",
    "a?b",
    "h:1",
    "%00",
    "é",
    "[",
    "#",
)


@dataclass(frozen=True)
class Given:
    """A connection as Airflow hands it out; its extra is whatever JSON somebody has saved."""

    extra: str
    host: Any = None
    port: Any = None
    schema: Any = None
    login: str | None = None
    conn_type: str | None = "redis"
    password: str | None = SECRET
    conn_id: str = "shop"

    @property
    def extra_dejson(self) -> Any:
        try:
            return json.loads(self.extra)
        except ValueError:
            return {}


class Connections(Target):
    """A connection is refused by name or leads to a client, and never tells its password."""

    name = "connections"
    share = 7
    seeds = (b"", bytes(range(80)), bytes(range(80, 160)), b"\x02" * 60)

    def check(self, data: bytes) -> str:
        given = _given(Draw(data))
        try:
            server = read(given)
            client = server.connect()
        except RedisXComError as error:
            must(SECRET not in repr(error) + str(error), "an error tells the password")
            str(error).encode()
            return f"refused: {str(error)[:60].translate(NO_DIGITS)}"
        _is_silent(server, given)
        _leads_there(client, given)
        works(client)
        return server.url.split(":")[0] + str(sorted(server.options))


def _given(draw: Draw) -> Given:
    return Given(
        extra=_extra(draw),
        host=draw.choice(HOSTS) if draw.byte() % 4 else draw.text(),
        port=draw.choice((None, 0, 6379, 65535, 65536, -1, draw.number())),
        schema=draw.choice((None, "", "2", "/3/", "٣", "1e3", "9" * 5000, draw.text())),
        login=draw.choice((None, "me", draw.text())),
        conn_type=draw.choice(("redis", "redis", "rediss", None, "REDIS", "http", draw.text())),
        password=draw.choice((SECRET, SECRET, None, SECRET + draw.text())),
    )


def _extra(draw: Draw) -> str:
    if draw.byte() % 4 == 0:
        return _json(draw.value())
    fields = {draw.choice(EXTRAS): _setting(draw) for _ in range(draw.byte() % 5)}
    return _json(fields)


def _setting(draw: Draw) -> Any:
    return draw.choice(FLAGS) if draw.byte() % 4 else draw.value()


def _json(value: Any) -> str:
    try:
        return json.dumps(value)
    except ValueError:  # a number longer than Python prints
        return "{}"


def _is_silent(server: RedisServer, given: Given) -> None:
    must(SECRET not in repr(server) + server.url, "a server tells the password")
    must(server.options.get("password") == (given.password or None), "another password")


def _leads_there(client: Redis, given: Given) -> None:
    settings = client.connection_pool.connection_kwargs
    host = given.host or "localhost"
    if host.startswith("/"):
        must(settings.get("path") == host, "another socket")
    else:
        must(_same_host(settings.get("host") or "localhost", host), "another host")
        must((settings.get("port") or 6379) == (given.port or 6379), "another port")


def _same_host(one: str, other: str) -> bool:
    if ":" in one and ":" in other:
        return IPv6Address(one) == IPv6Address(other)
    return one.lower() == other.lower()


def works(client: Redis) -> None:
    """The client can make its connection: only the server is missing."""
    try:
        connection = client.connection_pool.make_connection()
    finally:
        client.close()
    settings = client.connection_pool.connection_kwargs
    must(settings["decode_responses"] is False, "decodes what it reads")
    must(getattr(connection, "port", 1) is not None, "without a port")
