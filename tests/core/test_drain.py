"""Draining: a queue is worked until it is empty, a call a batch."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from redis_xcom import BadArgument, Queue


@pytest.fixture
def calls(queue, monkeypatch):
    """The names of the scripts that the queue has run."""
    made, run = [], type(queue._scripts)._run

    def counted(self, name, *args):
        made.append(name)
        return run(self, name, *args)

    monkeypatch.setattr(type(queue._scripts), "_run", counted)
    return made


def payloads(items):
    return [item.payload for item in items]


def test_a_drain_yields_everything_in_order_and_acks_it(queue):
    queue.push_many(range(10))
    assert payloads(queue.drain(3)) == list(range(10))
    stats = queue.stats()
    assert (stats.total, stats.acked, stats.delivered) == (0, 10, 10)


def test_a_batch_costs_one_call(queue, calls):
    queue.push_many(range(9))
    calls.clear()
    list(queue.drain(3))
    assert calls == ["claim"] * 4


def test_the_generation_of_the_batch_in_hand_is_there_to_fence_with(queue):
    queue.push_many(range(4))
    drain = queue.drain(2)
    hands = [(drain.claim_id, drain.generation) for _ in drain]
    assert len({claim_id for claim_id, _ in hands}) == 1
    generations = [generation for _, generation in hands]
    assert generations[0] == generations[1] < generations[2] == generations[3]
    with pytest.raises(BadArgument, match="no batch is in hand"):
        _ = drain.generation


def test_an_empty_queue_is_drained_at_once(queue):
    assert list(queue.drain()) == []


def test_asking_for_the_next_batch_acks_the_last(queue):
    queue.push_many(range(4))
    drain = iter(queue.drain(2))
    next(drain)
    next(drain)
    assert queue.stats().acked == 0
    next(drain)
    assert (queue.stats().acked, queue.stats().claimed) == (2, 2)
    drain.close()
    queue.purge()


def test_a_break_acks_what_was_done_and_releases_the_rest(queue):
    queue.push_many(range(5))
    for item in queue.drain(4):
        if item.payload == 2:
            break
    assert payloads(queue.peek()) == [2, 3, 4]
    assert [item.failures for item in queue.peek()] == [0] * 3
    assert queue.stats().acked == 2
    queue.purge()


def test_an_exception_acks_what_was_done_and_releases_the_rest(queue):
    queue.push_many(range(4))
    with pytest.raises(RuntimeError, match="boom"):
        fail_at(queue.drain(4), 1)
    assert payloads(queue.peek()) == [1, 2, 3]
    assert queue.stats().acked == 1
    queue.purge()


def fail_at(drain, payload):
    for item in drain:
        if item.payload == payload:
            raise RuntimeError("boom")


def test_no_more_than_max_items(queue):
    queue.push_many(range(9))
    drain = queue.drain(2, max_items=5)
    assert payloads(drain) == [0, 1, 2, 3, 4]
    assert (queue.stats().ready, queue.stats().acked) == (4, 5)
    assert payloads(drain) == [5, 6, 7, 8]


def test_items_may_be_settled_one_by_one(queue):
    queue.push_many([*"abcdef"])
    drain = queue.drain(3)
    for item in drain:
        if item.payload in "ad":
            drain.ack(item)
        elif item.payload == "b":
            drain.reject(item, reason="no b")
        elif item.payload == "e":
            drain.release(item, reason="later", delay=timedelta(hours=1))
    stats = queue.stats()
    assert (stats.acked, stats.dead, stats.delayed) == (4, 1, 1)
    queue.purge(dead=True)


def test_a_batch_settled_item_by_item_is_followed_by_the_next(queue):
    queue.push_many(range(6))
    drain = queue.drain(2)
    for item in drain:
        drain.ack(item)
    assert queue.stats().acked == 6


def test_a_released_item_comes_again_in_the_same_drain(queue):
    queue.push_many(["once", "twice"])
    seen, drain = [], queue.drain(1)
    for item in drain:
        seen.append((item.payload, item.deliveries))
        if item.payload == "twice" and item.deliveries == 1:
            drain.release(item, reason="again")
    assert seen == [("once", 1), ("twice", 1), ("twice", 2)]


def test_settling_wants_an_item_in_hand(queue):
    queue.push(1)
    drain = queue.drain()
    item = queue.peek()[0]
    for settle in (drain.ack, drain.release, lambda it: drain.reject(it, reason="no")):
        with pytest.raises(BadArgument, match="no batch is in hand"):
            settle(item)
    queue.purge()


def test_a_drain_may_be_iterated_again_and_again(queue):
    drain = queue.drain(2)
    for n in range(3):
        queue.push_many([n] * 3)
        assert payloads(drain) == [n] * 3
    queue.push_many([1, 2])
    one, two = queue.claim(), queue.claim()
    assert one.claim_id != two.claim_id
    assert (one.payloads, two.payloads) == ([1], [2])
    one.ack()
    two.ack()


def test_one_drain_is_not_shared_between_two_loops(queue):
    queue.push_many(range(4))
    drain = queue.drain(1)
    first = iter(drain)
    next(first)
    with pytest.raises(BadArgument, match="under way"):
        next(iter(drain))
    assert payloads(first) == [1, 2, 3]


def test_drains_side_by_side_share_nothing(server, client):
    queue = Queue("orders", url=server.url)
    queue.push_many(range(600))
    seen = []

    def work():
        seen.extend(payloads(queue.drain(7)))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(600))
    queue.close()


def test_a_drain_waits_for_more(server, client):
    queue = Queue("orders", url=server.url)
    queue.push("first")
    seen = []
    for item in queue.drain(idle=timedelta(seconds=20), max_items=3):
        seen.append(item.payload)
        if len(seen) == 1:
            later = threading.Timer(0.1, queue.push_many, (["second", "third"],))
            later.start()
    later.join()
    assert seen == ["first", "second", "third"]
    queue.close()


@pytest.mark.parametrize(
    "how", [{"batch": 0}, {"batch": 5000}, {"max_items": 0}, {"idle": 3}, {"lease": 3}]
)
def test_terms_that_cannot_be_meant_so_are_refused(queue, how):
    with pytest.raises(BadArgument):
        queue.drain(**how)


def test_a_drain_of_a_paused_queue_ends_at_once(queue):
    queue.push(1)
    queue.pause()
    assert list(queue.drain()) == []
    queue.resume()
    assert payloads(queue.drain()) == [1]


def test_batches_come_as_claims_and_asking_for_the_next_acks(queue):
    queue.push_many(range(5))
    batches = queue.drain(batch=2).batches()
    first = next(batches)
    assert first.payloads == [0, 1]
    second = next(batches)
    assert (second.payloads, queue.stats().acked) == ([2, 3], 2)
    batches.close()
    assert [item.payload for item in queue.peek()] == [2, 3, 4]


def test_some_of_a_batch_may_be_settled_otherwise(queue):
    queue.push_many(range(4))
    drain = queue.drain(batch=4)
    for claim in drain.batches():
        drain.release(claim.items[0], delay=timedelta(hours=1), reason="later")
        drain.reject(*claim.items[1:3], reason="bad")
    stats = queue.stats()
    assert (stats.acked, stats.delayed, stats.dead) == (1, 1, 2)


def test_all_of_a_batch_may_go_back(queue):
    queue.push_many(range(3))
    drain = queue.drain(batch=3)
    next(batches := drain.batches())
    drain.release(reason="not today")
    batches.close()
    assert [item.failures for item in queue.peek()] == [1, 1, 1]
