"""Everything a server holds, to see that nothing has changed."""

from __future__ import annotations

from typing import Any

CLOCK = (b"seen", b"gaps")
"""Fields of a queue's state that note the passing of time alone."""

READERS = {
    b"string": lambda client, key: client.get(key),
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"hash": lambda client, key: client.hgetall(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1, withscores=True),
    b"set": lambda client, key: client.smembers(key),
}


def snapshot(client: Any) -> dict[bytes, Any]:
    """Return every key with its value, but for what notes the time of the last call."""
    keys = [key for key in sorted(client.keys("*")) if not key.startswith(b"history:")]
    found = {key: READERS[client.type(key)](client, key) for key in keys}
    for key, value in found.items():
        if key.endswith(b":state") and isinstance(value, dict):
            for field in CLOCK:
                value.pop(field, None)
    return found
