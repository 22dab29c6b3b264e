"""One consistent look: where the items are, and the totals since the queue began."""

from __future__ import annotations

import time
from datetime import timedelta

from redis_xcom import Queue, Stats

HOUR = timedelta(hours=1)
TOTALS = "pushed delivered acked released rejected expired died redriven purged".split()  # noqa: SIM905


def totals(queue):
    stats = queue.stats()
    return {name: getattr(stats, name) for name in TOTALS if getattr(stats, name)}


def test_a_new_queue_is_all_zero(queue, either_client):
    nothing = dict.fromkeys(TOTALS, 0)
    assert queue.stats() == Stats(
        0, 0, 0, 0, 0, 0, paused=False, max_claimed=None, oldest=None, **nothing
    )
    assert either_client.keys("*") == []


def test_every_item_is_somewhere(queue):
    queue.push_many(range(6))
    queue.push("later", delay=HOUR)
    queue.push("first", ordering_key="k")
    queue.push("second", ordering_key="k")
    queue.claim().reject(reason="no")
    one, two = queue.claim(2), queue.claim()
    stats = queue.stats()
    assert (stats.ready, stats.claimed, stats.claims) == (3, 3, 2)
    assert (stats.delayed, stats.waiting, stats.dead, stats.total) == (1, 1, 1, 9)
    one.ack()
    two.ack()
    queue.purge(dead=True)
    assert queue.stats().total == 0


def test_totals_say_what_happened(queue, expire):
    queue.push_many(range(6))
    claim = queue.claim(3)
    claim.ack(claim.items[0])
    claim.release(claim.items[1])
    claim.reject(claim.items[2], reason="no")
    assert totals(queue) == {
        "pushed": 6, "delivered": 3, "acked": 1, "released": 1, "rejected": 1, "died": 1,
    }  # fmt: skip
    queue.claim(2)
    expire(queue, 61)
    queue.redrive()
    queue.purge()
    assert totals(queue) == {
        "pushed": 6, "delivered": 5, "acked": 1, "released": 1, "rejected": 1, "died": 1,
        "expired": 2, "redriven": 1, "purged": 5,
    }  # fmt: skip


def test_a_repeated_push_is_counted_once(queue):
    for _ in range(3):
        queue.push_many(range(2), push_id="load")
    assert totals(queue) == {"pushed": 2}
    queue.purge()


def test_the_age_is_that_of_the_first_ready_item(server, client):
    queue = Queue("orders", url=server.url)
    queue.push("x")
    before = queue.stats().oldest
    assert timedelta(0) <= before < timedelta(seconds=5)
    deadline = time.monotonic() + 5
    while queue.stats().oldest <= before:
        assert time.monotonic() < deadline
    client.lpush("xcom:{orders}:ready", "1")
    assert queue.stats().oldest is None
    queue.close()


def test_a_paused_queue_hands_out_nothing_and_takes_pushes(queue, clock):
    queue.push_many(range(2))
    held = queue.claim(claim_id="me")
    queue.pause()
    queue.pause()
    assert queue.stats().paused
    queue.push(2)
    claim = queue.claim()
    assert (claim.payloads, claim.paused) == ([], True)
    assert queue.claim(claim_id="me").payloads == [0]
    held.ack()
    queue.resume()
    queue.resume()
    assert not queue.stats().paused
    with queue.claim(5) as claim:
        assert claim.payloads == [1, 2]


def test_a_paused_queue_still_frees_the_items_of_the_dead(queue, expire):
    queue.push(1)
    queue.claim()
    queue.pause()
    expire(queue, 61)
    assert queue.stats().expired == 1
    queue.purge()


def test_a_pause_outlives_the_last_item(queue, either_client):
    queue.pause()
    queue.push(1)
    assert not queue.claim()
    queue.purge()
    assert queue.stats().paused


def test_peek_leaves_everything_where_it_is(queue, snapshot):
    queue.push_many(range(20))
    before = snapshot()
    assert [item.payload for item in queue.peek()] == list(range(10))
    assert len(queue.peek(100)) == 20
    assert snapshot() == before
    queue.purge()


def test_purge_deletes_what_waits_and_leaves_what_is_claimed(queue):
    queue.push_many(range(5))
    queue.push("later", delay=HOUR)
    claim = queue.claim(2)
    claim.reject(claim.items[0], reason="no")
    assert queue.purge() == 4
    stats = queue.stats()
    assert (stats.ready, stats.delayed, stats.claimed, stats.dead) == (0, 0, 1, 1)
    claim.ack()
    assert queue.purge(dead=True) == 1
    assert queue.purge(dead=True) == 0
    assert queue.stats().total == 0


def test_purge_does_not_touch_another_queue(make_queue):
    one, other, tagged = make_queue("a"), make_queue("ab"), make_queue("a", tag="a")
    for queue in (one, other, tagged):
        queue.push(1)
    one.purge(dead=True)
    assert [q.stats().ready for q in (one, other, tagged)] == [0, 1, 1]
    other.purge()
    tagged.purge()
