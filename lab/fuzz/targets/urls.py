"""Urls of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.fuzz.target import Target, must
from lab.fuzz.targets.connections import SECRET, works
from redis_xcom.connect import connect
from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from random import Random

PARTS = (
    ("redis://", "rediss://", "unix://", "redis:", "http://", "", "REDIS://"),
    ("", f":{SECRET}@", f"me:{SECRET}@", f"me%40:{SECRET}%2f@", f"{SECRET}@"),
    ("localhost", "[::1]", "", "10.0.0.1", "[", "a b", "é", "%2Frun%2Fs"),
    ("", ":6380", ":", ":x", ":99999999", ":-1", ":0"),
    ("", "/0", "/", "/15", "/x", "/1/2", "/-1", "/run/r.sock"),
    ("", "?db=2", "?db=x", "?db=-1", "?protocol=3", "?decode_responses=true", "?nonsense=1"),
    ("", "&socket_timeout=x", "&max_connections=0", "&ssl_cert_reqs=odd", "&retry=1", "#f"),
)


class Urls(Target):
    """A url is refused by name or leads to a client, and its password is never told."""

    name = "urls"
    share = 4
    seeds = (b"redis://localhost:6379/0", f"rediss://me:{SECRET}@h/1?ssl_cert_reqs=none".encode())
    tokens = tuple(part.encode() for choices in PARTS for part in choices if part)

    def make(self, random: Random) -> bytes:
        usual = random.choices((True, False), (3, 1), k=len(PARTS))
        parts = (c[0] if plain else random.choice(c) for plain, c in zip(usual, PARTS, strict=True))
        return "".join(parts).encode()

    def check(self, data: bytes) -> str:
        url = data.decode("utf-8", "surrogateescape")
        try:
            client = connect(url)
        except RedisXComError as error:
            must(SECRET not in repr(error) + str(error), "an error tells the password")
            chain = [error.__cause__, error.__context__ if not error.__suppress_context__ else None]
            must(all(SECRET not in repr(cause) for cause in chain), "a cause tells the password")
            return f"refused: {str(error)[:60]}"
        works(client)
        return url.split(":", maxsplit=1)[0]
