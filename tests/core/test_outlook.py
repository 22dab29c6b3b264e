"""One look at what could be claimed and at who has the rest; it takes nothing."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from redis_xcom import Outlook, Queue

HOUR = timedelta(hours=1)
QUIET = timedelta(seconds=30)


def test_a_new_queue_has_nothing(queue, either_client):
    nothing = {"paused": False, "room": None, "next_due": None, "oldest": None}
    assert queue.outlook() == Outlook(0, 0, 0, 0, 0, 0, waiting=0, **nothing)
    assert either_client.keys("*") == []


def test_every_item_is_somewhere(queue, clock):
    queue.push_many(range(5))
    queue.push("soon", delay=timedelta(seconds=2))
    queue.push("later", delay=HOUR)
    held = queue.claim(2)
    clock.advance(2)
    seen = queue.outlook()
    assert (seen.ready, seen.delayed, seen.due, seen.claims, seen.claimed) == (3, 2, 1, 1, 2)
    assert (seen.available, seen.live, seen.next_due) == (4, 1, timedelta(0))
    held.ack()
    queue.claim(3).ack()
    assert queue.outlook().next_due == HOUR - timedelta(seconds=2)
    queue.purge()


def test_nothing_of_a_paused_queue_is_available(queue):
    queue.push_many(range(3))
    queue.pause()
    seen = queue.outlook()
    assert (seen.ready, seen.available, seen.paused) == (3, 0, True)
    queue.purge()


def test_no_more_is_available_than_may_be_claimed(queue):
    queue.push_many(range(5))
    queue.limit(max_claimed=3)
    held = queue.claim(2)
    seen = queue.outlook()
    assert (seen.ready, seen.room, seen.available) == (3, 1, 1)
    queue.limit(max_claimed=1)
    assert queue.outlook().room == 0
    held.ack()
    queue.purge()


def test_what_stands_behind_its_ordering_key_is_told(queue):
    queue.push_many(range(3), ordering_keys=["a", "a", "b"])
    held = queue.claim(3)
    assert queue.outlook().waiting == 1
    held.ack()
    queue.claim().ack()


def test_a_claim_is_silent_when_nobody_has_renewed_it_for_long(queue, clock):
    queue.push_many(range(2))
    heard, unheard = queue.claim(lease=HOUR), queue.claim(lease=HOUR)
    clock.advance(29.9)
    assert queue.outlook(QUIET).silent == 0
    clock.advance(0.1)
    heard.extend()
    seen = queue.outlook(QUIET)
    assert (seen.claims, seen.silent, seen.live) == (2, 1, 1)
    unheard.extend()
    assert queue.outlook(QUIET).silent == 0
    heard.ack()
    unheard.ack()


def test_a_claim_whose_lease_ran_out_is_silent_however_short_it_was(queue, clock):
    queue.push(1)
    claim = queue.claim(lease=timedelta(seconds=5))
    clock.advance(4.9)
    assert queue.outlook(QUIET).silent == 0
    clock.advance(0.1)
    assert queue.outlook(QUIET).silent == 1
    claim.release()
    queue.purge()


def test_the_age_is_that_of_the_first_ready_item(live_queue, client):
    live_queue.push("x")
    assert timedelta(0) <= live_queue.outlook().oldest < timedelta(seconds=5)
    time_of_push = int(live_queue.peek(1)[0].id.partition("-")[0])
    assert live_queue.outlook().oldest <= timedelta(seconds=time.time() + 1 - time_of_push / 1000)
    client.lpush("xcom:{orders}:ready", '{"xcom":"1-a","payload":1}')
    assert live_queue.outlook().oldest is None
    client.lpush("xcom:{orders}:ready", "1")
    assert live_queue.outlook().oldest is None
    live_queue.purge()


def test_looking_changes_nothing(queue, snapshot, clock):
    queue.push_many(range(3))
    queue.push("soon", delay=timedelta(seconds=1))
    claim = queue.claim(lease=timedelta(seconds=1))
    clock.advance(3600)
    before = snapshot()
    for _ in range(3):
        queue.outlook()
    assert snapshot() == before
    claim.release()
    queue.purge()


def test_a_great_many_claims_are_looked_at_in_part(client, clock):
    queue = Queue("orders", client=client, clock=clock)
    queue.push_many(range(400))
    claims = [queue.claim() for _ in range(400)]
    clock.advance(40)
    before = client.info("commandstats")["cmdstat_hmget"]["calls"]
    seen = queue.outlook(QUIET)
    assert (seen.claims, seen.silent) == (400, 300)
    assert client.info("commandstats")["cmdstat_hmget"]["calls"] - before == 2
    for claim in claims:
        claim.ack()


@pytest.mark.parametrize("quiet", [30, "soon", -QUIET])
def test_quiet_is_a_span(queue, quiet):
    with pytest.raises(ValueError, match="quiet is "):
        queue.outlook(quiet)


def test_a_full_server_can_be_looked_at(make_server):
    with make_server(settings={"maxmemory": "3mb"}).client() as full:
        queue = Queue("orders", client=full)
        queue.push("x")
        full.config_set("maxmemory", 1)
        assert queue.outlook().ready == 1
