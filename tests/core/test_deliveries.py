"""Deliveries and failures are counted apart; an item delivered too often dies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument

HOUR = timedelta(hours=1)


def counts(queue):
    return [(item.deliveries, item.failures) for item in queue.peek()]


def test_a_release_is_a_delivery_and_only_a_failure_is_a_failure(queue):
    queue.push(1)
    for reason, expected in ((None, (1, 0)), ("oops", (2, 1)), (None, (3, 1)), ("oops", (4, 2))):
        queue.claim().release(reason=reason)
        assert counts(queue) == [expected]
    with queue.claim() as claim:
        assert (claim.items[0].deliveries, claim.items[0].failures) == (5, 2)


def test_an_expired_lease_is_a_delivery_but_no_failure(queue, expire):
    queue.push_many(range(2))
    queue.claim(2)
    expire(queue, 61)
    assert counts(queue) == [(1, 0), (1, 0)]
    queue.purge()


def test_an_ack_before_the_lease_ran_out_leaves_the_counts_of_the_rest(queue, expire):
    queue.push_many(range(3))
    claim = queue.claim(3)
    claim.ack(claim.items[0])
    expire(queue, 61)
    assert counts(queue) == [(1, 0), (1, 0)]
    assert queue.stats().expired == 2
    queue.purge()


@pytest.mark.parametrize("last", ["release", "expiry", "delay", "failure"])
def test_whatever_the_last_delivery_ended_by_the_item_dies(make_queue, expire, last):
    queue = make_queue(max_deliveries=3)
    queue.push("poison")
    for _ in range(2):
        queue.claim(owner="first").release()
    claim = queue.claim(owner="last")
    if last == "release":
        claim.release()
    elif last == "expiry":
        expire(queue, 61)
    elif last == "delay":
        claim.release(delay=HOUR)
    else:
        claim.release(reason="oops")
    (dead,) = queue.dead()
    words = {"expiry": "the lease ran out", "failure": "oops"}.get(last, "released")
    assert dead.reason == f"delivered 3 times; last: {words}"
    assert (dead.owner, dead.item.deliveries) == ("last", 3)
    assert dead.item.failures == (last == "failure")
    assert (queue.stats().total, queue.stats().died, queue.stats().rejected) == (1, 1, 0)


def test_an_item_that_is_acked_at_its_last_delivery_is_done(make_queue):
    queue = make_queue(max_deliveries=2)
    queue.push(1)
    queue.claim().release()
    with queue.claim() as claim:
        assert claim.items[0].deliveries == 2
    assert queue.stats().total == 0


def test_one_poisoned_item_does_not_take_its_neighbours_along(make_queue, expire):
    queue = make_queue(max_deliveries=2)
    queue.push("old")
    queue.claim().release()
    queue.push("new")
    queue.claim(2)
    expire(queue, 61)
    assert [item.payload for item in queue.peek()] == ["new"]
    assert [letter.item.payload for letter in queue.dead()] == ["old"]
    queue.purge()


def test_without_a_bound_an_item_never_dies(make_queue):
    queue = make_queue(max_deliveries=None)
    queue.push(1)
    for _ in range(30):
        queue.claim().release(reason="oops")
    assert counts(queue) == [(30, 30)]
    queue.purge()


def test_the_bound_is_that_of_the_consumer_who_gives_back(make_queue):
    make_queue().push(1)
    make_queue(max_deliveries=1).claim().release()
    assert make_queue().stats().dead == 1


@pytest.mark.parametrize("bound", [0, -1, True, "3", 1.5])
def test_the_bound_is_a_whole_number(make_queue, bound):
    with pytest.raises(BadArgument, match="max_deliveries"):
        make_queue(max_deliveries=bound)


def test_counts_survive_delay_and_come_along_with_a_takeover(queue, clock):
    queue.push(1, by="loader")
    queue.claim().release(reason="oops", delay=HOUR)
    clock.advance(3600)
    queue.claim(claim_id="ti", incarnation="1")
    claim = queue.claim(claim_id="ti", incarnation="2")
    (item,) = claim.items
    assert (item.deliveries, item.failures, item.by) == (3, 1, "loader")
    claim.release()
    assert counts(queue) == [(3, 1)]
    assert queue.peek()[0].by == "loader"
    queue.purge()


def test_a_strangers_item_is_counted_from_its_first_claim_on(queue, either_client):
    either_client.rpush("xcom:{orders}:ready", '{"a":1}')
    with pytest.raises(RuntimeError), queue.claim() as claim:
        first = claim.items[0]
        raise RuntimeError
    with queue.claim() as claim:
        (item,) = claim.items
        assert (item.id, item.payload, item.deliveries, item.failures) == (first.id, {"a": 1}, 2, 1)
