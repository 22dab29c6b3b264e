"""The server's maxmemory is reached: pushes are refused whole, everything else works it off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.snapshot import snapshot
from redis_xcom import Queue, QueueFull
from redis_xcom.single import Single

BIG = "x" * 2_000


@pytest.fixture
def full(make_server):
    """A queue on a server that takes no more, and its client."""
    client = make_server(settings={"maxmemory": "6mb"}).client()
    queue = Queue("orders", client=client)
    with pytest.raises(QueueFull):
        while True:
            queue.push_many([BIG] * 50)
    client.config_set("maxmemory", "5mb")  # and far from room for a little one
    yield queue, client
    client.close()


@pytest.mark.parametrize(
    "push",
    [
        lambda queue: queue.push(BIG),
        lambda queue: queue.push_many([1, 2, 3], push_id="load"),
        lambda queue: queue.push_many([1, 2], dedup_ids=["a", "b"]),
        lambda queue: queue.push(1, delay=timedelta(hours=1)),
        lambda queue: queue.push(1, max_length=100_000),
        lambda queue: queue.push_many([1, 2], ordering_keys=["a", "a"]),
    ],
    ids=["plain", "push id", "dedup ids", "delay", "max length", "ordering key"],
)
def test_a_push_is_refused_and_adds_nothing(full, push):
    queue, client = full
    before = snapshot(client)
    with pytest.raises(QueueFull, match="maxmemory"):
        push(queue)
    assert snapshot(client) == before


def test_what_was_refused_is_taken_once_there_is_room_under_the_same_push_id(full):
    queue, _ = full
    with pytest.raises(QueueFull):
        queue.push_many([1, 2, 3], push_id="load")
    assert sum(1 for _ in queue.drain()) > 0
    assert queue.push_many([1, 2, 3], push_id="load").pushed == 3
    assert queue.push_many([1, 2, 3], push_id="load").repeated == 3


def test_claims_are_made_renewed_released_rejected_acked_and_redriven(full):
    queue, _ = full
    there = queue.stats().ready
    claim = queue.claim(10)
    claim.extend()
    claim.ack(*claim.items[:3])
    claim.release(*claim.items[3:5])
    claim.release(claim.items[5], delay=timedelta(seconds=2), reason="later")
    claim.release(claim.items[6], reason="failed")
    claim.reject(*claim.items[7:9], reason="no good")
    claim.ack()
    stats = queue.stats()
    assert (stats.acked, stats.delayed, stats.dead) == (4, 1, 2)
    assert stats.total == there - 4
    assert queue.redrive() == 2
    assert not queue.wait(timedelta(milliseconds=100)) or queue.stats().ready


def test_a_taken_over_claim_is_settled(full):
    queue, _ = full
    old = queue.claim(3, claim_id="task", incarnation="1")
    new = queue.claim(3, claim_id="task", incarnation="2")
    assert [item.id for item in new.items] == [item.id for item in old.items]
    new.ack()
    assert queue.stats().acked == 3


def test_lines_move_on_and_bounds_are_set(make_server):
    client = make_server(settings={"maxmemory": "6mb"}).client()
    queue = Queue("orders", client=client)
    keys = ["a", "a", "a", "b", "b"]
    queue.push_many(["a1", "a2", "a3", "b1", "b2"], ordering_keys=keys)
    client.rpush("xcom:{orders}:ready", b'{"xcom":"x","key":"a","payload":"a4"}')
    client.config_set("maxmemory", 1)
    claim = queue.claim(5)
    assert claim.payloads == ["a1", "b1"]
    claim.ack(claim.items[0])
    claim.reject(reason="bad")
    queue.limit(max_claimed=1)
    assert queue.redrive() == 1
    assert [item.payload for item in queue.drain(2)] == ["a2", "b2", "a3", "b1", "a4"]
    client.close()


def test_a_claim_is_handed_over_and_settled_there(full):
    queue, _ = full
    claim = queue.claim(50)
    first = queue.handle("other", claim.hand_over(*claim.items[:30], claim_id="other"))
    again = claim.handle.hand_over(*range(1, 31), claim_id="other", lease=timedelta(minutes=1))
    assert again == first.generation
    whole = queue.handle("third", claim.hand_over(claim_id="third", incarnation="1"))
    assert len(first.items()) == 30
    first.ack()
    queue.claim(claim_id="third", incarnation="2").release()
    assert whole.items() == {}
    assert (queue.stats().acked, queue.stats().claimed) == (30, 0)


def test_it_is_drained_with_results_and_then_takes_pushes_again(full, figures):
    queue, client = full
    there = queue.stats().ready
    results = Queue("results", client=client, tag="orders")
    drain = queue.drain(50, forward_to=results)
    for item in drain:
        assert item.payload == BIG
        drain.forward(len(item.payload))
    assert (queue.stats().total, queue.stats().acked) == (0, there)
    assert results.stats().ready == there
    assert queue.push_many([BIG] * 50).pushed == 50
    figures(f"{there} items of 2 kB on a full server drained, as many results forwarded")


def test_it_can_be_paused_and_resumed(full):
    queue, _ = full
    queue.pause()
    assert not queue.claim()
    queue.resume()
    assert queue.claim()


def test_a_single_item_is_refused_and_one_that_is_there_claimed(full):
    queue, client = full
    held = queue.claim(50)
    there, new = Single("there", client=client), Single("new", client=client)
    held.ack()
    client.config_set("maxmemory", "0")
    there.offer(1, ttl=timedelta(hours=1))
    client.config_set("maxmemory", "1mb")
    with pytest.raises(QueueFull, match="maxmemory"):
        new.offer(1, ttl=timedelta(hours=1))
    assert new.claim("a") is None
    assert not there.offer(1, ttl=timedelta(hours=1))
    assert there.claim("a").release()
    assert there.claim("b").payload == 1
