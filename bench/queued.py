"""Memory: what one queued item takes, all of the queue's keys counted."""

from __future__ import annotations

import redis

from bench.payload import ORDER
from bench.row import Row
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

ITEMS = 100_000
GOAL_BYTES = 260


def rows(server: EmbeddedServer) -> list[Row]:
    client = redis.Redis(unix_socket_path=str(server.socket))
    client.flushall()
    Queue("bench", client=client).push_many([ORDER] * ITEMS)
    used = sum(client.memory_usage(key, samples=0) for key in client.keys())
    each = used / ITEMS
    return [Row("bytes per queued item of 200 bytes", each, GOAL_BYTES, at_most=True)]
