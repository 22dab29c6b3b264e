"""What it costs to have a replica confirm: the same queue's calls with and without."""

from __future__ import annotations

from statistics import median

from bench.row import Row
from bench.throughput import ITEMS, drain, push
from lab.below.pair import Pair
from redis_xcom import Queue, Replicated

ROUNDS = 5
FEWER = 5
"""The calls are slower: as many rounds of all items would take minutes."""
KINDS = {"push": push, "drain": drain}


def rows(server: str) -> list[Row]:
    with Pair(server=server) as pair:
        alone = Queue("bench", url=pair.url)
        confirmed = Queue("bench", url=pair.url, durability=Replicated())
        return [
            row
            for batch, items in ITEMS.items()
            for kind in KINDS
            for row in _side_by_side(kind, [alone, confirmed], batch, items // FEWER)
        ]


def _side_by_side(kind: str, queues: list[Queue], batch: int, items: int) -> list[Row]:
    """In turns in each round, so that a slow moment of the machine befalls both."""
    run = KINDS[kind]
    rates = [[run(queue, batch, items) for queue in queues] for _ in range(ROUNDS)]
    how = "one by one" if batch == 1 else f"by {batch}"
    what = f"{kind} {how}, with a replica"
    return [
        Row(f"{what}, items/s", median(alone for alone, _ in rates)),
        Row(f"{what} that confirms, items/s", median(confirmed for _, confirmed in rates)),
        Row(f"{what} that confirms, ratio", median(b / a for a, b in rates)),
    ]
