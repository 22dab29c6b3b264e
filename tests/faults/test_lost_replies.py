"""One reply in ten is lost: the server has done it, the client is not told and asks again."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lab.child import Child
from lab.proxy import Proxy
from redis_xcom import Queue

AMOUNT = 1_000
SHARE = 0.1
VERSIONS = ("5.3", "6.4", "7.4", "8.1")
PLAIN = "8.1-plain"  # without hiredis
EACH_ONCE = sorted([n, 1, 0] for n in range(AMOUNT))  # payload, deliveries, failures


@dataclass
class Customer:
    """One redis-py with its own queue and its own lossy way to it."""

    version: str
    path: list[Path]
    proxy: Proxy
    queue: Queue
    answer: dict[str, Any] | None = None

    def figure(self, what: str) -> str:
        return (
            f"{self.answer['library']}: {AMOUNT} {what}, {self.proxy.seen['swallowed']} replies "
            f"lost (seed {self.proxy.seed}), 0 items lost, 0 twice, {self.answer['seconds']:.1f} s"
        )


@pytest.fixture
def customers(client, make_proxy, needs, seed, tmp_path):
    (tmp_path / "hiredis.py").write_text("raise ImportError('not in this test')\n")
    found = []
    for version in (*VERSIONS, PLAIN):
        folder = Path(sys.prefix, "redis-py", version.partition("-")[0])
        needs(folder.is_dir(), f"redis-py {version}")
        path = [folder, tmp_path] if version == PLAIN else [folder]
        queue = Queue(f"orders-{version}", client=client)
        found.append(Customer(version, path, make_proxy(swallow=SHARE, seed=seed), queue))
    return found


@pytest.fixture
def serve(customers):
    """Run a consumer with every redis-py at once, each on its own queue."""

    def run(what, *args):
        with ExitStack() as stack:
            children = [
                stack.enter_context(Child(what, c.proxy.url, c.queue.name, *args, path=c.path))
                for c in customers
            ]
            for customer, child in zip(customers, children, strict=True):
                customer.answer = child.answer()
        for customer in customers:
            assert customer.version.partition("-")[0] in customer.answer["library"]

    return run


def fill(customers):
    for customer in customers:
        customer.queue.push_many([{"n": n} for n in range(AMOUNT)])


def check_each_done_once(customer):
    assert sorted(customer.answer["seen"]) == EACH_ONCE
    stats = customer.queue.stats()
    assert (stats.total, stats.delivered, stats.acked) == (0, AMOUNT, AMOUNT)
    assert (stats.expired, stats.released, stats.rejected, stats.died) == (0, 0, 0, 0)


def test_no_push_is_lost_or_added_twice(customers, serve, figures):
    serve("push_singly", AMOUNT)
    for customer in customers:
        lying = customer.queue.peek(2 * AMOUNT)
        assert [item.payload["n"] for item in lying] == list(range(AMOUNT))
        assert len({item.id for item in lying}) == AMOUNT
        assert customer.queue.stats().pushed == AMOUNT
        assert customer.proxy.seen["swallowed"] > 60
        figures(customer.figure("pushes"))


def test_no_item_is_lost_or_claimed_twice(customers, serve, figures):
    fill(customers)
    serve("claim_singly")
    for customer in customers:
        check_each_done_once(customer)
        assert customer.proxy.seen["swallowed"] > 120
        figures(customer.figure("claims and acks"))


def test_no_item_is_lost_or_acked_twice_on_its_way_to_another_claim(customers, serve, figures):
    fill(customers)
    serve("hand_over_and_ack")
    for customer in customers:
        check_each_done_once(customer)
        assert customer.proxy.seen["swallowed"] > 40
        figures(customer.figure("handed over by threes, acked"))


def test_no_step_of_a_drain_is_lost_or_taken_twice(customers, serve, client, figures):
    fill(customers)
    serve("drain_forwarding", 3)
    for customer in customers:
        check_each_done_once(customer)
        results = Queue("results", client=client, tag=customer.queue.name)
        forwarded = [item.payload["of"] for item in results.peek(2 * AMOUNT)]
        assert forwarded == [n for n, _, _ in customer.answer["seen"]]
        assert customer.proxy.seen["swallowed"] > 20
        figures(customer.figure("drained by three and forwarded"))


def test_lost_greetings_and_cut_requests_cost_nothing_either(live_queue, make_proxy, seed):
    proxy = make_proxy(swallow=0.04, cut=0.04, seed=seed, victims=None)
    remote = Queue("orders", url=proxy.url)
    for n in range(200):
        remote.push(n)
    assert [item.payload for item in live_queue.peek(400)] == list(range(200))
    worked = [item.payload for item in remote.drain(1)]
    assert worked == list(range(200))
    assert live_queue.stats().acked == 200
    assert min(proxy.seen["swallowed"], proxy.seen["cut"]) > 5
    remote.close()


def test_the_proxy_bites_raw_commands_double_and_lose(server, client, make_proxy, seed):
    proxy = make_proxy(swallow=SHARE, seed=seed, victims=frozenset({b"RPUSH", b"LPOP"}))
    retrying = redis.Redis.from_url(proxy.url, retry=Retry(NoBackoff(), 9))
    for n in range(300):
        retrying.rpush("raw", n)
    pushed = client.llen("raw")
    popped = []
    while (value := retrying.lpop("raw")) is not None:
        popped.append(value)
    assert pushed > 310
    assert len(popped) < pushed - 10
    retrying.close()
