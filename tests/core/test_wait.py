"""Waiting takes nothing: a claim follows the wake-up."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import redis

from redis_xcom import BadArgument, Queue
from redis_xcom import patience as patiences
from redis_xcom.connect import LONGEST_BLOCK, longest_block

LONG = timedelta(seconds=20)
SHORT = timedelta(seconds=0.15)
READY = "xcom:{orders}:ready"


def later(act, *args):
    timer = threading.Timer(0.1, act, args)
    timer.start()
    return timer


def test_an_item_that_lies_ready_is_seen_at_once_and_left(queue, snapshot):
    queue.push_many(range(3))
    before = snapshot()
    assert queue.wait(LONG)
    assert snapshot() == before
    queue.purge()


def test_an_empty_queue_is_told_after_the_timeout(queue):
    began = time.monotonic()
    assert not queue.wait(SHORT)
    assert 0.14 < time.monotonic() - began < 5
    assert not queue.wait(timedelta(0))


def test_a_strangers_rpush_wakes(live_queue, client):
    timer = later(client.rpush, READY, '{"n":1}')
    began = time.monotonic()
    assert live_queue.wait(LONG)
    assert time.monotonic() - began < 4
    timer.join()
    assert client.lrange(READY, 0, -1) == [b'{"n":1}']


def test_a_waiting_claim_gets_what_a_stranger_pushes(live_queue, client):
    timer = later(client.rpush, READY, '{"n":1}')
    with live_queue.claim(wait=LONG) as claim:
        assert claim.payloads == [{"n": 1}]
    timer.join()


def test_a_waiting_claim_is_empty_after_its_time(queue):
    began = time.monotonic()
    claim = queue.claim(wait=SHORT)
    assert not claim
    assert 0.14 < time.monotonic() - began < 5


def test_a_waiting_claim_comes_when_a_delayed_item_is_due(live_queue, client):
    live_queue.push("soon", delay=timedelta(seconds=0.3))
    began = time.monotonic()
    with live_queue.claim(wait=LONG) as claim:
        assert claim.payloads == ["soon"]
    assert 0.25 < time.monotonic() - began < 4


def test_a_waiting_claim_wakes_after_a_pause(live_queue, client, monkeypatch):
    monkeypatch.setattr(patiences, "PAUSED_POLL", 0.05)
    live_queue.push(1)
    live_queue.pause()
    assert not live_queue.claim(wait=SHORT)
    timer = later(live_queue.resume)
    with live_queue.claim(wait=LONG) as claim:
        assert claim.payloads == [1]
    timer.join()


def test_all_who_wait_get_their_share(live_queue, client):
    got = []

    def work():
        with live_queue.claim(wait=LONG) as claim:
            got.extend(claim.payloads)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for n in range(5):
        live_queue.push(n)
    for thread in threads:
        thread.join()
    assert sorted(got) == [0, 1, 2, 3, 4]


def test_a_lost_wake_up_loses_nothing(live_queue, client, monkeypatch):
    """The item moved onto itself, the reply was lost: it lies where it lay."""
    live_queue.push_many([1, 2])
    send = live_queue._scripts._send

    def lose(*command):
        send(*command)
        raise redis.TimeoutError

    monkeypatch.setattr(live_queue._scripts, "_send", lose)
    with pytest.raises(redis.TimeoutError):
        live_queue._scripts.await_ready(1)
    assert [item.payload for item in Queue("orders", client=client).peek()] == [1, 2]


@pytest.mark.timeout(5)
def test_a_moment_too_short_to_say_is_not_for_ever(live_queue, client):
    """A block of 0 seconds has no end."""
    for seconds in (0.0004, 0.00001, 0, -1):
        assert not live_queue._scripts.await_ready(seconds)


def test_a_block_is_shorter_than_what_the_client_takes_for_a_loss(server, client):
    for timeout, expected in ((None, LONGEST_BLOCK), (1, 0.5), (60, LONGEST_BLOCK)):
        with redis.Redis.from_url(server.url, socket_timeout=timeout) as own:
            assert longest_block(own) == expected
    with redis.Redis.from_url(server.url, socket_timeout=0.3) as own:
        queue = Queue("orders", client=own)
        assert not queue.wait(timedelta(seconds=0.5))


@pytest.mark.parametrize("timeout", [5, None, timedelta(seconds=-1)])
def test_a_timeout_is_a_span_of_time(queue, timeout):
    with pytest.raises(BadArgument, match="timeout is"):
        queue.wait(timeout)


def test_a_waiting_claim_comes_when_a_dead_owners_lease_ends(live_queue):
    live_queue.push("a")
    live_queue.claim(lease=timedelta(seconds=1))
    began = time.monotonic()
    claim = live_queue.claim(wait=LONG)
    assert time.monotonic() - began < LONGEST_BLOCK - 1
    assert claim.payloads == ["a"]
    claim.ack()
