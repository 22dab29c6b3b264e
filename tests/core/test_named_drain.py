"""A drain under a claim id: the next try goes on where the last one was, and fences it off."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from redis_xcom import BadArgument, ClaimLost, Superseded

OLD = {"claim_id": "a task", "incarnation": "0199-aa"}
NEW = {"claim_id": "a task", "incarnation": "0199-ab"}


def payloads(items):
    return [item.payload for item in items]


def test_the_newer_try_begins_with_what_the_older_one_held(queue):
    queue.push_many(range(6))
    frozen = iter(queue.drain(3, **OLD))
    next(frozen)
    queue.push("later")
    seen = [(item.payload, item.deliveries) for item in queue.drain(2, **NEW)]
    assert seen[:5] == [(0, 2), (1, 2), (2, 2), (3, 1), (4, 1)]
    assert (queue.stats().acked, queue.stats().total) == (7, 0)
    with pytest.raises(Superseded):
        list(frozen)


@pytest.mark.parametrize("at", [1, 3])
def test_the_older_try_is_told_to_end(queue, snapshot, at):
    """In the middle of a batch by its lease, between two batches by the server."""
    queue.push_many(range(6))
    drain = queue.drain(3, **OLD)
    older = iter(drain)
    for _ in range(at):
        next(older)
    newer = iter(queue.drain(3, **NEW))
    next(newer)
    before = snapshot()
    drain.renew()
    with pytest.raises((ClaimLost, Superseded), match="claim a task"):
        list(older)
    assert snapshot() == before
    list(newer)


def test_an_older_try_that_steps_is_superseded(queue, snapshot):
    queue.push_many(range(4))
    older = iter(queue.drain(2, **OLD))
    assert payloads([next(older), next(older)]) == [0, 1]
    newer = queue.claim(2, **NEW)
    before = snapshot()
    with pytest.raises(Superseded):
        next(older)
    assert snapshot() == before
    newer.ack()
    with pytest.raises(Superseded):
        list(queue.drain(2, **OLD))
    queue.purge()


def test_what_the_older_try_held_counts_for_max_items(queue):
    queue.push_many(range(9))
    frozen = iter(queue.drain(4, **OLD))
    next(frozen)
    assert payloads(queue.drain(4, max_items=6, **NEW)) == [0, 1, 2, 3, 4, 5]
    frozen = iter(queue.drain(3, claim_id="b", incarnation="1"))
    next(frozen)
    assert payloads(queue.drain(2, max_items=1, claim_id="b", incarnation="2")) == [6, 7, 8]


def test_the_same_try_that_begins_anew_has_the_same_batch(queue):
    queue.push_many(range(4))
    lost = iter(queue.drain(2, **OLD))
    next(lost)
    seen = [(item.payload, item.deliveries) for item in queue.drain(2, **OLD)]
    assert seen == [(n, 1) for n in range(4)]
    assert queue.stats().delivered == 4


class Boom(Exception):
    """The work failed."""


def work(drain, end):
    for item in drain:
        if item.payload == 2 and end == "error":
            raise Boom
        if item.payload == 2 and end == "break":
            return


@pytest.mark.parametrize(
    ("end", "left"),
    [
        ("of the queue", []),
        ("max_items", [3, 4, 5]),
        ("break", [2, 3, 4, 5]),
        ("error", [2, 3, 4, 5]),
    ],
)
def test_it_leaves_nothing_held(queue, end, left):
    queue.push_many(range(6))
    with suppress(Boom):
        work(queue.drain(2, max_items=3 if end == "max_items" else None, **OLD), end)
    assert (queue.stats().claims, queue.stats().claimed) == (0, 0)
    assert payloads(queue.peek()) == left
    assert payloads(queue.drain(2, **OLD)) == left


def test_one_drain_loops_again_under_its_name(queue):
    queue.push_many(range(3))
    drain = queue.drain(2, **OLD)
    assert payloads(drain) == [0, 1, 2]
    queue.push_many(range(3, 6))
    assert payloads(drain) == [3, 4, 5]


def test_it_goes_on_from_what_it_was_handed(queue):
    queue.push_many(range(4))
    claim = queue.claim(2)
    claim.hand_over(**NEW, lease=timedelta(minutes=1))
    assert payloads(queue.drain(1, **NEW)) == [0, 1, 2, 3]


def test_bad_items_do_not_end_it(queue, either_client):
    either_client.rpush("xcom:{orders}:ready", b"not json", b"1", b"{", b"2")
    assert payloads(queue.drain(1, **OLD)) == [1, 2]
    assert queue.stats().dead == 2
    queue.purge(dead=True)


def test_an_incarnation_alone_says_nothing(queue):
    with pytest.raises(BadArgument, match="incarnation needs a claim_id"):
        queue.drain(incarnation="1")
    with pytest.raises(BadArgument, match="claim_id"):
        queue.drain(claim_id='a "quote"')
