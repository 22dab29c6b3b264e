"""Draining while leases, replies and servers are lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import ClaimLost, ServerUnavailable

LEASE = timedelta(seconds=10)


def payloads(items):
    return [item.payload for item in items]


def test_a_lost_lease_ends_the_loop_and_changes_nothing(queue, expire, snapshot):
    queue.push_many(range(4))
    drain = iter(queue.drain(2, lease=LEASE))
    next(drain)
    next(drain)
    expire(queue, 10)
    before = snapshot()
    with pytest.raises(ClaimLost):
        next(drain)
    assert snapshot() == before
    assert payloads(queue.drain()) == [0, 1, 2, 3]


def test_an_item_is_not_begun_once_the_lease_is_lost(queue):
    queue.push_many(range(2))
    source = queue.drain(2)
    drain = iter(source)
    next(drain)
    (claim_id,) = (key.decode() for key in queue._client.hkeys("xcom:{orders}:claims"))
    generation = source._claim.generation
    queue._scripts.settle(claim_id, generation=generation, action="release", places=None)
    source.renew()
    with pytest.raises(ClaimLost):
        next(drain)
    assert payloads(queue.drain()) == [0, 1]


def test_a_step_whose_answer_was_lost_is_the_same_step(queue, make_queue, monkeypatch):
    results = make_queue("results", tag="orders")
    queue.push_many(range(6))
    run = type(queue._scripts)._run
    monkeypatch.setattr(type(queue._scripts), "_run", lambda *a: [run(*a), run(*a)][1])
    drain = queue.drain(2, forward_to=results)
    for item in drain:
        assert item.deliveries == 1
        drain.forward(item.payload * 10)
    monkeypatch.undo()
    assert payloads(results.peek()) == [0, 10, 20, 30, 40, 50]
    assert (queue.stats().acked, queue.stats().delivered) == (6, 6)


def test_a_drain_whose_server_went_away_leaves_no_stuck_claimant(queue, monkeypatch):
    queue.push_many(range(4))
    drain = iter(queue.drain(2))
    next(drain)
    next(drain)

    def down(*_):
        raise ServerUnavailable("down")

    monkeypatch.setattr(type(queue._scripts), "_run", down)
    with pytest.raises(ServerUnavailable):
        next(drain)
    monkeypatch.undo()
    assert payloads(queue.drain(5)) == [2, 3]
    assert queue.stats().claimed == 2
    queue._client.flushall()


def test_a_drain_that_gets_a_lost_claim_back_ends_after_it(queue, monkeypatch):
    queue.push_many(range(6))
    claim = queue._scripts.claim

    def cut(*args, **how):
        claim(*args, **how)
        raise ServerUnavailable("cut")

    monkeypatch.setattr(queue._scripts, "claim", cut)
    with pytest.raises(ServerUnavailable):
        queue.claim(4)
    monkeypatch.undo()
    assert payloads(queue.drain(4, max_items=2)) == [0, 1, 2, 3]
    assert (queue.stats().acked, queue.stats().ready) == (4, 2)
    queue.purge()
