"""At most so many items are in claimants' hands at a time, whoever they are."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from redis_xcom import BadArgument, Queue

SECOND = timedelta(seconds=1)


@pytest.fixture
def bounded(make_queue):
    """Ten items, of which three may be claimed at a time."""
    queue = make_queue(max_deliveries=None)
    queue.limit(max_claimed=3)
    queue.push_many(range(10))
    return queue


def test_a_claim_gets_what_there_is_room_for(bounded):
    first = bounded.claim(2)
    second = bounded.claim(2)
    third = bounded.claim(2)
    assert (first.payloads, second.payloads, third.payloads) == ([0, 1], [2], [])
    assert third.full
    assert (bounded.stats().claimed, bounded.stats().max_claimed) == (3, 3)


def test_room_comes_with_each_settled_item(bounded):
    claim = bounded.claim(9)
    claim.ack(claim.items[0])
    claim.release(claim.items[1], reason="again")
    assert bounded.claim(9).payloads == [3, 4]
    claim.reject(reason="bad")
    assert len(bounded.claim(9)) == 1
    bounded.purge(dead=True)


def test_room_comes_when_a_lease_runs_out(bounded, expire):
    bounded.claim(3, lease=SECOND)
    expire(bounded, 2)
    assert len(bounded.claim(9)) == 3


def test_what_a_step_acks_makes_room_for_the_next(bounded):
    batches = [claim.payloads for claim in bounded.drain(3).batches()]
    assert batches == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


def test_a_drain_takes_less_where_others_hold_some(bounded):
    other = bounded.claim(1)
    batches = [claim.payloads for claim in bounded.drain(9).batches()]
    assert batches == [[1, 2], [3, 4], [5, 6], [7, 8], [9]]
    other.ack()


def test_a_retry_gets_all_that_was_claimed_before(make_queue):
    queue = make_queue()
    queue.push_many(range(5))
    queue.claim(5, claim_id="ti", incarnation="1")
    queue.limit(max_claimed=2)
    again = queue.claim(5, claim_id="ti", incarnation="2")
    assert again.payloads == list(range(5))
    assert len(queue.claim(5, claim_id="ti", incarnation="2")) == 5
    queue.push("more")
    assert not queue.claim()
    again.ack(*again.items[:4])
    assert queue.claim().payloads == ["more"]


def test_the_bound_is_lifted(bounded):
    bounded.limit(max_claimed=None)
    assert len(bounded.claim(9)) == 9
    assert bounded.stats().max_claimed is None


def test_an_empty_queue_is_not_full(make_queue):
    queue = make_queue()
    queue.limit(max_claimed=1)
    assert not queue.claim().full
    queue.push(1)
    assert not queue.claim().full
    assert queue.claim().full


def test_by_a_claim_id_that_asks_for_nothing_new_it_is_no_matter(bounded):
    assert not bounded.claim(0, claim_id="ti").full


@pytest.mark.parametrize("bound", [0, -1, 1.5, "3", True])
def test_a_bound_is_a_number(queue, bound):
    with pytest.raises(BadArgument, match="max_claimed"):
        queue.limit(max_claimed=bound)


def test_who_waits_is_woken_when_there_is_room(live_queue, server):
    live_queue.limit(max_claimed=1)
    live_queue.push_many(range(2))
    first = live_queue.claim()
    got = []
    waiter = Queue("orders", url=server.url)
    thread = threading.Thread(target=lambda: got.append(waiter.claim(wait=20 * SECOND)))
    thread.start()
    first.ack()
    thread.join(10)
    assert [claim.payloads for claim in got] == [[1]]
    got[0].ack()
    waiter.close()


def test_who_waits_for_room_does_not_ask_all_the_time(live_queue, client, monkeypatch):
    live_queue.limit(max_claimed=1)
    live_queue.push_many(range(2))
    first = live_queue.claim()
    naps = []
    monkeypatch.setattr(time, "sleep", naps.append)
    client.config_resetstat()
    ticks = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks) * 0.1)
    assert not live_queue.claim(wait=2 * SECOND)
    monkeypatch.undo()
    assert 3 < len(naps) < 20
    assert min(naps[:-1]) >= 0.1
    assert client.info("commandstats").get("cmdstat_blmove") is None
    first.ack()
    live_queue.claim().ack()
