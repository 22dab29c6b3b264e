"""Several queues in order: the first that has something goes first."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from redis_xcom import BadArgument, Priorities, Superseded

SECOND = timedelta(seconds=1)


@pytest.fixture
def urgent(make_queue):
    return make_queue("urgent", tag="t")


@pytest.fixture
def normal(make_queue):
    return make_queue("normal", tag="t")


@pytest.fixture
def both(urgent, normal):
    return Priorities([urgent, normal])


def test_a_claim_is_of_the_first_queue_that_has_something(both, urgent, normal):
    urgent.push_many([1, 2])
    normal.push_many([3, 4])
    assert [both.claim(3).payloads for _ in range(3)] == [[1, 2], [3, 4], []]
    assert both.name == "urgent, normal"


def test_a_paused_queue_is_passed_over_and_a_full_one_too(both, urgent, normal):
    urgent.push_many([1, 2])
    normal.push_many([3, 4])
    urgent.pause()
    assert both.claim().payloads == [3]
    urgent.resume()
    urgent.limit(max_claimed=1)
    assert [both.claim().payloads for _ in range(2)] == [[1], [4]]


def test_what_a_claim_id_has_comes_first_however_unimportant(both, urgent, normal):
    normal.push_many([3, 4])
    both.claim(2, claim_id="ti", incarnation="1")
    urgent.push(1)
    again = both.claim(2, claim_id="ti", incarnation="2")
    assert (again.payloads, again.taken_over) == ([3, 4], True)
    with pytest.raises(Superseded):
        both.claim(claim_id="ti", incarnation="1")
    again.ack()
    with pytest.raises(Superseded):
        both.claim(claim_id="ti", incarnation="1")
    assert both.claim(claim_id="ti", incarnation="2").payloads == [1]


def test_a_claim_waits_for_any_of_them(both, normal):
    timer = threading.Timer(0.2, normal.push, [7])
    timer.start()
    assert not both.wait(timedelta(0))
    assert both.claim(wait=10 * SECOND).payloads == [7]
    timer.join()
    assert both.wait(timedelta(0)) is False
    normal.push(8)
    assert both.wait(SECOND) is True


def test_after_each_batch_the_more_urgent_ones_are_looked_at_again(both, urgent, normal):
    urgent.push_many([1, 2, 3])
    normal.push_many(range(10, 16))
    seen = []
    for item in both.drain(2):
        seen.append(item.payload)
        if item.payload == 11:
            urgent.push_many([4, 5])
    assert seen == [1, 2, 3, 10, 11, 4, 5, 12, 13, 14, 15]
    assert urgent.stats().total == normal.stats().total == 0


def test_max_items_counts_all_queues(both, urgent, normal):
    urgent.push_many([1, 2, 3])
    normal.push_many([4, 5, 6])
    assert [item.payload for item in both.drain(2, max_items=4)] == [1, 2, 3, 4]
    assert (urgent.stats().total, normal.stats().ready) == (0, 2)
    assert [claim.payloads for claim in both.drain(9, max_items=1).batches()] == [[5]]


def test_idle_is_the_time_without_any(both, normal):
    timer = threading.Timer(0.2, normal.push, [7])
    timer.start()
    assert [item.payload for item in both.drain(idle=10 * SECOND, max_items=1)] == [7]
    timer.join()


def test_a_lease_in_doubt_does_not_keep_the_others_waiting(both, urgent, normal, clock):
    urgent.push(1)
    urgent.claim(lease=timedelta(hours=1))
    normal.push(2)
    clock.advance(7200)
    drain = iter(both.drain())
    assert next(drain).payload == 2
    drain.close()


def test_each_item_is_settled_where_it_is_from(both, urgent, normal, make_queue):
    results = make_queue("results", tag="t")
    urgent.push_many(["ack", "release"])
    normal.push_many(["reject", "break"])
    drain = both.drain(2, forward_to=results)
    for item in drain:
        assert (drain.generation, drain.claim_id) == (drain.claim.generation, drain.claim.claim_id)
        if item.payload == "ack":
            drain.forward("a result")
            drain.ack(item)
        elif item.payload == "release" and not item.failures:
            drain.release(item, reason="again")
        elif item.payload == "reject":
            drain.reject(item, reason="bad")
        elif item.payload == "break":
            break
    assert [item.payload for item in results.peek()] == ["a result"]
    assert (urgent.stats().total, urgent.stats().acked) == (0, 2)
    assert (normal.stats().dead, normal.stats().ready) == (1, 1)
    for queue in (results, normal):
        queue.purge(dead=True)


def test_a_named_drain_first_has_what_its_older_try_held(both, urgent, normal):
    normal.push_many(range(4))
    first = iter(both.drain(2, claim_id="ti", incarnation="1"))
    assert next(first).payload == 0
    urgent.push("urgent")
    second = both.drain(2, claim_id="ti", incarnation="2")
    assert [(item.payload, item.deliveries) for item in second] == [
        (0, 2), (1, 2), ("urgent", 1), (2, 1), (3, 1),
    ]  # fmt: skip
    first.close()


def test_there_must_be_a_queue(both):
    with pytest.raises(BadArgument, match="queues is empty"):
        Priorities([])
    with pytest.raises(BadArgument, match="no batch is in hand"):
        _ = both.drain().claim_id


def test_closing_closes_what_they_opened(both):
    both.close()
    assert both.claim() is not None
