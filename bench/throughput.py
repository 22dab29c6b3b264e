"""Items a second: a raw list, and a drain that acks each item it yields."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from statistics import median

import redis

from bench.payload import ENCODED, ORDER
from bench.row import Row
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

ROUNDS = 7
ITEMS = {1: 10_000, 100: 100_000}
GOAL = 0.7
RAW_LIST = "raw"


def rows(server: EmbeddedServer) -> list[Row]:
    return [row for batch in ITEMS for row in _side_by_side(server, batch)]


def _side_by_side(server: EmbeddedServer, batch: int) -> list[Row]:
    """The kinds take turns in each round, so that a slow moment of the machine befalls all."""
    client = redis.Redis(unix_socket_path=str(server.socket))
    queue = Queue("bench", url=server.url)
    kinds: dict[str, Callable[[], float]] = {
        "LPOP": lambda: _lpop(client, batch, decode=False),
        "LPOP, json.loads": lambda: _lpop(client, batch, decode=True),
        "drain": lambda: drain(queue, batch, ITEMS[batch]),
    }
    rates = [{kind: run() for kind, run in kinds.items()} for _ in range(ROUNDS)]
    pushed = median(push(queue, batch, ITEMS[batch]) for _ in range(ROUNDS))
    how = "one by one" if batch == 1 else f"by {batch}"
    speed = [Row(f"{kind} {how}, items/s", median(rate[kind] for rate in rates)) for kind in kinds]
    ratios = [
        Row(
            f"drain {how}, against raw {raw}",
            median(rate["drain"] / rate[raw] for rate in rates),
            GOAL,
        )
        for raw in list(kinds)[:2]
    ]
    return [*speed, Row(f"push {how}, items/s", pushed), *ratios]


def _lpop(client: redis.Redis, batch: int, *, decode: bool) -> float:
    client.delete(RAW_LIST)
    for _ in range(ITEMS[batch] // 1000):
        client.rpush(RAW_LIST, *[ENCODED] * 1000)
    count = None if batch == 1 else batch
    began, popped = time.perf_counter(), 0
    while (reply := client.lpop(RAW_LIST, count)) is not None:
        values = [reply] if count is None else reply
        popped += len([json.loads(value) for value in values] if decode else values)
    return popped / (time.perf_counter() - began)


def drain(queue: Queue, batch: int, items: int) -> float:
    queue.push_many([ORDER] * items)
    began = time.perf_counter()
    drained = sum(1 for _ in queue.drain(batch))
    return drained / (time.perf_counter() - began)


def push(queue: Queue, batch: int, items: int) -> float:
    part = [ORDER] * batch
    began = time.perf_counter()
    for _ in range(items // batch):
        queue.push_many(part)
    rate = items / (time.perf_counter() - began)
    queue.purge()
    return rate
