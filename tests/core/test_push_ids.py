"""A push that is repeated adds nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, PushResult


def payloads(queue):
    return [item.payload for item in queue.peek(4096)]


def test_the_same_push_id_adds_once(make_queue):
    assert make_queue().push_many([1, 2], push_id="load/1") == PushResult(2, 0)
    assert make_queue().push_many([1, 2], push_id="load/1") == PushResult(0, 2)
    assert make_queue().push_many([1, 2], push_id="load/2") == PushResult(2, 0)
    assert payloads(make_queue()) == [1, 2, 1, 2]


def test_a_push_id_covers_every_part_of_a_long_push(queue):
    rows = list(range(2500))
    assert queue.push_many(rows, push_id="load") == PushResult(2500, 0)
    assert queue.push_many(rows, push_id="load") == PushResult(0, 2500)
    assert queue.stats().ready == 2500


def test_a_long_push_that_broke_off_adds_what_is_missing(queue, monkeypatch):
    rows, send, sent = list(range(2500)), queue._scripts.push, []

    def break_off(items, **how):
        if sent:
            raise OSError("gone")
        sent.append(send(items, **how))
        return sent[-1]

    monkeypatch.setattr(queue._scripts, "push", break_off)
    with pytest.raises(OSError, match="gone"):
        queue.push_many(rows, push_id="load")
    monkeypatch.setattr(queue._scripts, "push", send)
    assert queue.push_many(rows, push_id="load") == PushResult(1500, 1000)
    assert payloads(queue) == rows


def test_a_part_of_a_long_push_is_not_taken_for_another_push(queue):
    queue.push_many(range(1001), push_id="load")
    assert queue.push("other", push_id="load#1").pushed == 1


def test_a_push_id_is_forgotten_after_its_time(queue, clock):
    queue.push(1, push_id="load", remember=timedelta(hours=1))
    clock.advance(3599)
    assert queue.push(1, push_id="load", remember=timedelta(hours=1)).pushed == 0
    clock.advance(2)
    assert queue.push(1, push_id="load").pushed == 1


def test_a_push_id_outlives_its_items(queue):
    queue.push(1, push_id="load")
    with queue.claim():
        pass
    assert queue.push(1, push_id="load") == PushResult(0, 1)
    queue.push(2, push_id="purged")
    queue.purge(dead=True)
    assert queue.push(2, push_id="purged") == PushResult(0, 1)


def test_an_item_id_for_deduplication_adds_once(queue):
    assert queue.push_many(["abc"], dedup_ids=["a"]) == PushResult(1, 0)
    assert queue.push_many([1, 2, 3], dedup_ids=["a", "b", "b"]) == PushResult(1, 2)
    assert queue.push(4, dedup_id="b") == PushResult(0, 1)
    assert payloads(queue) == ["abc", 2]


def test_deduplicated_items_count_for_nothing_against_the_bound(queue):
    queue.push_many([1, 2], dedup_ids=["a", "b"], max_length=2)
    assert queue.push_many([1, 2], dedup_ids=["a", "b"], max_length=2) == PushResult(0, 2)


def test_push_ids_and_deduplication_ids_do_not_meet(queue):
    queue.push(1, push_id="x")
    assert queue.push(2, dedup_id="x").pushed == 1


def test_push_id_and_deduplication_ids_work_together(queue):
    queue.push_many([1, 2], push_id="load", dedup_ids=["a", "b"])
    assert queue.push_many([1, 2], push_id="load", dedup_ids=["a", "b"]) == PushResult(0, 2)
    assert queue.push_many([2, 3], push_id="more", dedup_ids=["b", "c"]) == PushResult(1, 1)
    assert payloads(queue) == [1, 2, 3]


def test_a_delayed_push_is_recognised_too(queue):
    queue.push("x", push_id="load", delay=timedelta(minutes=1))
    assert queue.push("x", push_id="load", delay=timedelta(minutes=1)) == PushResult(0, 1)
    assert queue.stats().delayed == 1


def test_there_must_be_one_deduplication_id_a_payload(queue):
    with pytest.raises(BadArgument, match="2 entries for 3 payloads"):
        queue.push_many([1, 2, 3], dedup_ids=["a", "b"])


@pytest.mark.parametrize("words", ["", 'a"b', "a\\b", "a\nb", "x" * 513, 7, "\ud800"])
def test_ids_that_cannot_be_spoken_are_refused(queue, either_client, words):
    for option in ({"push_id": words}, {"dedup_id": words}, {"by": words or 'a"'}):
        with pytest.raises(BadArgument, match="not usable"):
            queue.push(1, **option)
    assert either_client.keys() == []


def test_its_own_lost_reply_is_told_as_pushed(queue, monkeypatch):
    """The client library sends a command again when its reply is lost: it is the same push."""
    run = queue._scripts._run
    monkeypatch.setattr(queue._scripts, "_run", lambda *a: [run(*a), run(*a)][1])
    assert queue.push_many([1, 2]) == PushResult(pushed=2, repeated=0)
    assert payloads(queue) == [1, 2]


def test_expired_push_ids_are_swept_a_hundred_at_a_time(queue, either_client, clock):
    queue.push_many(range(250), dedup_ids=[f"id-{n}" for n in range(250)])
    clock.advance(86_401)
    queue.push(1, push_id="x")
    assert either_client.zcard("xcom:{orders}:pushes") == 151
    for n in range(2):
        queue.push(1, push_id=f"y{n}")
    assert either_client.zcard("xcom:{orders}:pushes") == 3
