"""Processes that tests start beside themselves: `python -m lab.consumers <what> <url> …`.

Each speaks JSON, one line an answer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from redis_xcom import Claim, Queue, RedisXComError

LEASE = timedelta(seconds=1)


def tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def client_library() -> str:
    import redis
    from redis.utils import HIREDIS_AVAILABLE

    return f"redis-py {redis.__version__}, {'hiredis' if HIREDIS_AVAILABLE else 'its own parser'}"


def push_singly(url: str, name: str, amount: str) -> None:
    """Push 0, 1, 2 … and tell how many the answers say were added."""
    queue, began = Queue(name, url=url), time.monotonic()
    results = [queue.push({"n": n}) for n in range(int(amount))]
    tell(
        library=client_library(),
        seconds=time.monotonic() - began,
        pushed=sum(result.pushed for result in results),
        repeated=sum(result.repeated for result in results),
    )


def claim_singly(url: str, name: str) -> None:
    """Claim and ack one by one until nothing is left; tell what was seen."""
    queue, began, seen = Queue(name, url=url), time.monotonic(), []
    while claim := queue.claim():
        seen += [(item.payload["n"], item.deliveries, item.failures) for item in claim.items]
        claim.ack()
    tell(library=client_library(), seconds=time.monotonic() - began, seen=seen)


def hand_over_and_ack(url: str, name: str) -> None:
    """Claim some, hand half of them over, ack both halves by their handles; tell what was seen."""
    queue, began, seen = Queue(name, url=url), time.monotonic(), []
    while claim := queue.claim(5):
        seen += [(item.payload["n"], item.deliveries, item.failures) for item in claim.items]
        generation = claim.hand_over(*claim.items[:3], claim_id="other")
        queue.handle("other", generation).ack(1, 2, 3)
        claim.ack()
    tell(library=client_library(), seconds=time.monotonic() - began, seen=seen)


def drain_forwarding(url: str, name: str, batch: str) -> None:
    """Drain with a result for each item; tell what was seen."""
    queue, results = Queue(name, url=url), Queue("results", url=url, tag=name)
    began, seen = time.monotonic(), []
    drain = queue.drain(int(batch), forward_to=results)
    for item in drain:
        seen.append((item.payload["n"], item.deliveries, item.failures))
        drain.forward({"of": item.payload["n"]})
    tell(library=client_library(), seconds=time.monotonic() - began, seen=seen)


def attempt(act: Callable[[], Any]) -> None:
    try:
        act()
    except RedisXComError as error:
        tell(raised=type(error).__name__, says=str(error))
    else:
        tell(raised=None)


def settle_on_demand(url: str, limit: str, claim_id: str = "") -> None:
    """Claim, tell it, then do what each line of stdin names: ack, release, reject, extend."""
    who = {"claim_id": claim_id, "incarnation": "1"} if claim_id else {}
    claim: Claim = Queue("orders", url=url).claim(int(limit), lease=LEASE, **who)
    tell(claimed=len(claim), generation=claim.generation)
    acts = {
        "ack": claim.ack,
        "ack one": lambda: claim.ack(claim.items[0]),
        "release": lambda: claim.release(reason="thawed"),
        "release later": lambda: claim.release(delay=timedelta(seconds=5)),
        "reject": lambda: claim.reject(reason="thawed"),
        "extend": claim.extend,
    }
    for line in sys.stdin:
        attempt(acts[line.strip()])


def drain_on_demand(url: str, batch: str) -> None:
    """Drain with a result for each item, one step a line of stdin."""
    queue, results = Queue("orders", url=url), Queue("results", url=url, tag="orders")
    drain = queue.drain(int(batch), lease=LEASE, forward_to=results)
    items = iter(drain)

    def step() -> None:
        tell(item=next(items).payload)
        drain.forward("a result")

    attempt(step)
    for _ in sys.stdin:
        attempt(step)


def work_on_demand(url: str, limit: str) -> None:
    """Work a heartbeating claim, one item a line of stdin; tell how it ended."""

    def work() -> None:
        with Queue("orders", url=url).claim(int(limit), lease=LEASE) as claim:
            for item in claim:
                tell(item=item.payload, lost=claim.lost)
                sys.stdin.readline()
                tell(lost=claim.lost)

    attempt(work)


CALLS = (
    push_singly,
    claim_singly,
    hand_over_and_ack,
    drain_forwarding,
    settle_on_demand,
    drain_on_demand,
    work_on_demand,
)

if __name__ == "__main__":
    {call.__name__: call for call in CALLS}[sys.argv[1]](*sys.argv[2:])
