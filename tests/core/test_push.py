"""Pushing: what is added, in which order, by whom, and what is refused whole."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta, timezone

import pytest

from redis_xcom import BadArgument, BadPayload, PushResult, Queue, QueueFull

DAY = timedelta(days=1)


def payloads(queue):
    return [item.payload for item in queue.peek(4096)]


def test_a_pushed_item_waits_with_id_time_and_producer(queue):
    assert queue.push({"order": 7}, by="loader") == PushResult(pushed=1, repeated=0)
    (item,) = queue.peek()
    assert item.payload == {"order": 7}
    assert item.by == "loader"
    assert abs(item.pushed_at - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_items_come_out_in_the_order_they_were_pushed(queue):
    queue.push_many([1, 2])
    queue.push(3)
    queue.push_many([4])
    with queue.claim(10) as claim:
        assert claim.payloads == [1, 2, 3, 4]


def test_any_iterable_of_payloads_will_do(queue):
    assert queue.push_many(n * n for n in range(3)).pushed == 3
    assert queue.push_many({"b"}).pushed == 1
    assert payloads(queue) == [0, 1, 4, "b"]


def test_nothing_to_push_is_no_push(queue, either_client):
    assert queue.push_many([], push_id="empty", max_length=1) == PushResult(0, 0)
    assert either_client.keys() == []


def test_ids_are_never_shared(make_queue):
    queues = [make_queue(), make_queue()]
    for queue in queues:
        queue.push_many(range(50))
    ids = [item.id for item in queues[0].peek(200)]
    assert len(set(ids)) == len(ids) == 100


@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}])
def test_one_value_where_a_list_is_meant_is_refused(queue, value):
    with pytest.raises(BadArgument, match="give a list"):
        queue.push_many(value)


def test_a_bad_payload_refuses_the_whole_push(queue, either_client):
    with pytest.raises(BadPayload, match=r"payloads\[2\]\.at is a set"):
        queue.push_many([1, 2, {"at": {3}}, 4])
    assert either_client.keys() == []


def test_a_delayed_item_comes_when_it_is_due(queue, clock):
    queue.push("later", delay=timedelta(seconds=30))
    queue.push("now")
    with queue.claim(10) as claim:
        assert claim.payloads == ["now"]
    clock.advance(29.9)
    early = queue.claim()
    assert not early
    assert early.retry_after == timedelta(milliseconds=100)
    clock.advance(0.1)
    with queue.claim() as claim:
        assert claim.payloads == ["later"]


def test_delayed_items_line_up_by_the_time_they_are_due(queue, clock):
    queue.push_many(["c", "d"], delay=timedelta(seconds=2))
    queue.push("b", delay=timedelta(seconds=1))
    queue.push("a")
    clock.advance(5)
    with queue.claim(10) as claim:
        assert claim.payloads == ["a", "b", "c", "d"]


def test_a_push_that_would_pass_the_bound_adds_nothing(queue, snapshot):
    queue.push_many([1, 2], max_length=3)
    queue.push(3, delay=DAY, max_length=3)
    before = snapshot()
    with pytest.raises(QueueFull, match=r"3 items wait, 1 more would pass max_length 3"):
        queue.push(4, max_length=3)
    with pytest.raises(QueueFull):
        queue.push_many(range(5000), max_length=1000)
    assert snapshot() == before


def test_claimed_items_do_not_count_against_the_bound(queue):
    queue.push_many([1, 2], max_length=2)
    with queue.claim(2):
        assert queue.push_many([3, 4], max_length=2).pushed == 2
    queue.purge()


def test_a_refused_push_id_is_still_free(queue):
    queue.push(1)
    with pytest.raises(QueueFull):
        queue.push(2, push_id="load", max_length=1)
    assert queue.push(2, push_id="load", max_length=2).pushed == 1


def test_too_much_for_one_bounded_step_is_refused(queue, either_client):
    with pytest.raises(BadArgument, match="too many for one step"):
        queue.push_many(range(100_001), max_length=10**6)
    assert either_client.keys() == []


def test_pushers_at_one_time_keep_the_bound_together(live_queue, client):
    full = []

    def push():
        for n in range(40):
            try:
                live_queue.push_many([n, n], max_length=50)
            except QueueFull:
                full.append(n)

    in_threads(push, 6)
    assert live_queue.stats().ready == 50
    assert len(full) == 6 * 40 - 25


def test_threads_push_through_one_queue(live_queue, client):
    def push():
        for n in range(50):
            assert live_queue.push(n) == PushResult(1, 0)

    in_threads(push, 8)
    ids = {item.id for item in live_queue.peek(1000)}
    assert len(ids) == 400


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_is_a_producer_of_its_own(live_queue, client):
    live_queue.push("before")
    child = os.fork()
    if child == 0:
        os._exit(0 if live_queue.push_many(["child"] * 3).pushed == 3 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert live_queue.push("after") == PushResult(1, 0)
    items = live_queue.peek()
    assert [item.payload for item in items] == ["before", *["child"] * 3, "after"]
    assert len({item.id for item in items}) == 5


def test_a_long_push_travels_in_parts(queue, either_client):
    assert queue.push_many(range(2500)).pushed == 2500
    assert payloads(queue) == list(range(2500))
    assert queue.stats().pushed == 2500


def test_large_payloads_are_cut_by_size(server, client, monkeypatch):
    queue = Queue("orders", url=server.url)
    sent = []
    send = queue._scripts.push
    monkeypatch.setattr(
        queue._scripts, "push", lambda items, **how: sent.append(len(items)) or send(items, **how)
    )
    assert queue.push_many(["x" * 400_000] * 5).pushed == 5
    assert sent == [2, 2, 1]
    queue.close()


def in_threads(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
