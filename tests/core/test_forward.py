"""Forwarding: what the work has made goes to another queue with the ack, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, BadPayload, ClaimLost

LEASE = timedelta(seconds=10)


@pytest.fixture
def results(make_queue):
    return make_queue("results", tag="orders")


def payloads(queue):
    return [item.payload for item in queue.peek(100)]


def test_results_appear_with_the_ack_of_their_batch(queue, results):
    queue.push_many(range(4))
    drain, waiting = queue.drain(2, forward_to=results), []
    for item in drain:
        drain.forward({"of": item.payload})
        drain.forward({"twice": item.payload})
        waiting.append(results.stats().ready)
    assert waiting == [0, 0, 4, 4]
    assert results.stats().pushed == results.stats().ready == 8
    assert payloads(results)[:3] == [{"of": 0}, {"twice": 0}, {"of": 1}]


def test_results_of_an_unfinished_batch_are_those_of_what_was_done(queue, results):
    queue.push_many(range(4))
    drain = queue.drain(4, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
        if item.payload == 2:
            break
    assert payloads(results) == [0, 1]
    assert payloads(queue) == [2, 3]
    queue.purge()


def test_results_of_the_last_items_are_not_forgotten(queue, results):
    queue.push_many(range(4))
    drain = queue.drain(2, max_items=3, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
    assert payloads(results) == [0, 1, 2]
    queue.purge()


def test_an_item_acked_alone_takes_its_results_along(queue, results):
    queue.push_many([*"ab"])
    drain = queue.drain(2, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
        if item.payload == "b":
            drain.ack(item)
            assert payloads(results) == ["b"]
    assert payloads(results) == ["b", "a"]


def test_results_of_rejected_and_released_items_are_dropped(queue, results):
    queue.push_many([*"abc"])
    drain = queue.drain(3, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
        if item.payload == "a":
            drain.reject(item, reason="no")
        elif item.payload == "b":
            drain.release(item, delay=timedelta(hours=1))
    assert payloads(results) == ["c"]
    queue.purge(dead=True)


def test_a_settled_item_forwards_no_more(queue, results):
    queue.push_many([*"abc"])
    drain = queue.drain(3, forward_to=results)
    settle = {
        "a": drain.ack,
        "b": lambda item: drain.reject(item, reason="no"),
        "c": lambda item: drain.release(item, delay=timedelta(hours=1)),
    }
    for item in drain:
        settle[item.payload](item)
        with pytest.raises(BadArgument, match="not settled yet"):
            drain.forward("too late")
    assert payloads(results) == []
    queue.purge(dead=True)


def test_a_lost_claim_forwards_nothing(queue, results, expire):
    queue.push_many(range(2))
    drain = queue.drain(2, lease=LEASE, forward_to=results)
    with pytest.raises(ClaimLost):
        forward_until_it_expires(drain, queue, expire)
    assert results.stats().ready == 0
    assert payloads(queue) == [0, 1]
    queue.purge()


def forward_until_it_expires(drain, queue, expire):
    for item in drain:
        drain.forward(item.payload)
        expire(queue, 10)


def test_to_ack_again_forwards_nothing_again(queue, results):
    queue.push_many(range(3))
    claim = queue.claim(3)
    data = [results._pusher.envelope("r")]
    for _ in range(2):
        queue._scripts.settle(
            claim.claim_id,
            generation=claim.generation,
            action="ack",
            places=[1],
            forward=data,
            forward_to=results.keys,
        )
    assert payloads(results) == ["r"]
    claim.ack()


def test_an_ack_that_came_too_late_forwards_nothing(queue, results, expire):
    queue.push_many(range(2))
    claim = queue.claim(2, lease=LEASE)
    expire(queue, 10)
    with pytest.raises(ClaimLost):
        claim.ack_forwarding((), [results._pusher.envelope("r")], results.keys)
    assert results.stats().ready == 0
    queue.purge()


def test_results_are_checked_like_payloads(queue, results):
    queue.push(1)
    drain = queue.drain(1, forward_to=results)
    for _ in drain:
        with pytest.raises(BadPayload, match="payload is a set"):
            drain.forward({1})
    assert payloads(results) == []


def test_forward_wants_a_queue_and_an_item(queue, results):
    queue.push(1)
    with pytest.raises(BadArgument, match="forward needs"):
        queue.drain(forward_to=results).forward(1)
    drain = queue.drain()
    for _ in drain:
        with pytest.raises(BadArgument, match="forward needs"):
            drain.forward(1)


def test_thousands_of_results_go_in_one_step(queue, results):
    queue.push(1)
    drain = queue.drain(1, forward_to=results)
    for _ in drain:
        for n in range(2500):
            drain.forward(n)
    assert results.stats().ready == 2500


def test_a_result_may_be_of_any_item_of_the_batch_and_is_dropped_with_it(queue, results):
    queue.push_many([1, 2, 3])
    drain = queue.drain(batch=3, forward_to=results)
    for claim in drain.batches():
        for item in claim.items:
            drain.forward(item.payload * 10, of=item)
        drain.release(claim.items[1], delay=timedelta(hours=1), reason="no")
    assert payloads(results) == [10, 30]


def test_results_of_a_batch_that_goes_back_are_dropped(queue, results):
    queue.push_many([1, 2])
    drain = queue.drain(batch=2, forward_to=results)
    for claim in drain.batches():
        drain.forward("first", of=claim.items[0])
        drain.release(delay=timedelta(hours=1))
    assert results.stats().ready == 0
