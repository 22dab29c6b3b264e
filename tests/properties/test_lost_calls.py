"""Threads claim, settle and drain while calls fail, replies are lost and requests arrive twice."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from redis_xcom import ClaimLost, Queue, ServerUnavailable
from redis_xcom.scripts import Scripts

ITEMS, THREADS = 1_500, 4
LEASE = timedelta(seconds=1)
run = Scripts._run


def troubled(seed):
    """Some calls never arrive, some arrive twice, of some the reply is lost for good."""
    dice, lock = random.Random(seed), threading.Lock()

    def call(scripts, *request):
        with lock:
            fate = 1 if request[0] == "stats" else dice.random()
        if fate < 0.02:
            raise ServerUnavailable("it never arrived")
        reply = run(scripts, *request)
        if fate < 0.06:
            raise ServerUnavailable("its reply was lost")
        return run(scripts, *request) if fate < 0.16 else reply

    return call


class Boom(Exception):
    """The work failed."""


def claim_some(queue, _, dice):
    with queue.claim(dice.randint(1, 8), lease=LEASE) as claim:
        for item in claim:
            fate = dice.random()
            if fate < 0.1:
                claim.release(item, reason="again")
            elif fate < 0.2:
                claim.ack(item)
            elif fate < 0.22:
                raise Boom


def drain_some(queue, results, dice):
    drain = queue.drain(dice.randint(1, 6), lease=LEASE, max_items=30, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
        fate = dice.random()
        if fate < 0.02:
            break
        if fate < 0.04:
            raise Boom


def work(queue, results, dice):
    while queue.stats().ready:
        with suppress(ServerUnavailable, ClaimLost, Boom):
            dice.choice([claim_some, drain_some])(queue, results, dice)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_lost_on_the_way_each_item_is_acked_once(
    server, client, monkeypatch, eventually, seed
):
    queue = Queue("orders", url=server.url, max_deliveries=None)
    results = Queue("results", url=server.url, tag="orders")
    queue.push_many(range(ITEMS))
    monkeypatch.setattr(Scripts, "_run", troubled(seed))
    threads = [
        threading.Thread(target=work, args=(queue, results, random.Random(f"{seed}/{n}")))
        for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    eventually(lambda: not (list(queue.drain()) or queue.stats().total), "an empty queue")
    stats = queue.stats()
    assert (stats.acked, stats.pushed, stats.total) == (ITEMS, ITEMS, 0)
    forwarded = [item.payload for item in results.peek(4096)]
    assert len(forwarded) == len(set(forwarded)) > 0
    queue.close()
    results.close()
