"""The server dies and comes back, forgets its scripts, hangs up: what it has confirmed is there."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from lab.waiting import wait_until
from redis_xcom import Queue, ServerUnavailable

LEASE = timedelta(seconds=1.5)
LONGER = timedelta(seconds=3)
ALWAYS = {"appendfsync": "always"}


@pytest.fixture
def durable(make_server):
    return make_server(settings=ALWAYS)


@pytest.fixture
def queue_on(durable):
    """Queues with connections of their own."""
    made = []

    def make(name="orders", **options):
        made.append(Queue(name, url=durable.url, **options))
        return made[-1]

    yield make
    for queue in made:
        queue.close()


class Producer(threading.Thread):
    """Pushes 0, 1, 2 … and notes what was confirmed, straight through a restart."""

    def __init__(self, queue):
        super().__init__(daemon=True)
        self.queue, self.confirmed, self.enough = queue, [], threading.Event()
        self.start()

    def run(self):
        number = 0
        while not self.enough.is_set():
            self.queue.push(number)
            self.confirmed.append(number)
            number += 1


def test_what_was_confirmed_is_there_after_a_kill_and_nothing_twice(durable, queue_on, figures):
    queue, producer = queue_on(), Producer(queue_on())
    for enough in (300, 600, 900):
        wait_until(lambda enough=enough: len(producer.confirmed) > enough, "pushes")
        durable.kill()
        durable.start()
    wait_until(lambda: len(producer.confirmed) > 1_200, "pushes after the last restart")
    producer.enough.set()
    producer.join()
    assert sorted(item.payload for item in queue.drain()) == producer.confirmed
    figures(f"3 kills under {len(producer.confirmed)} confirmed pushes: 0 lost, 0 twice")


def test_acked_stays_acked_and_held_stays_held(durable, queue_on):
    queue = queue_on()
    queue.push_many(range(6))
    queue.claim(2, lease=LEASE).ack()
    held = queue.claim(2, lease=timedelta(hours=1), claim_id="task", incarnation="1")
    held.ack(held.items[0])
    durable.kill()
    durable.start()
    again = queue.claim(2, claim_id="task", incarnation="1")
    assert (again.generation, again.payloads) == (held.generation, [3])
    held.ack()
    assert [item.payload for item in queue.drain()] == [4, 5]
    assert queue.stats().acked == 6


def test_live_claims_outlive_a_downtime_longer_than_their_lease(durable, queue_on):
    """The silence puts them in doubt; the heartbeat, which goes on by itself, ends it."""
    queue, other = queue_on(), queue_on()
    queue.push_many(range(3))
    claim = queue.claim(3, lease=LONGER).keep_alive()
    durable.kill()
    down = time.monotonic()
    wait_until(lambda: time.monotonic() - down > LONGER.total_seconds() * 1.2, "the downtime")
    durable.start()
    for _ in range(20):
        assert not other.claim(3, wait=timedelta(milliseconds=50))
    wait_until(lambda: not claim.lost, "the heartbeat")
    claim.ack()
    assert (queue.stats().acked, queue.stats().expired) == (3, 0)


def test_an_owner_that_died_with_the_server_gives_its_items_back(durable, queue_on):
    queue = queue_on()
    queue.push_many(range(3))
    queue.claim(3, lease=LEASE)
    durable.kill()
    down = time.monotonic()
    wait_until(lambda: time.monotonic() - down > LEASE.total_seconds() * 1.2, "the downtime")
    durable.start()
    back = time.monotonic()
    assert queue.claim(3, wait=timedelta(seconds=20)).payloads == [0, 1, 2]
    assert time.monotonic() - back < LEASE.total_seconds() / 3 + 0.5


def test_generations_grow_over_a_restart_and_over_a_lost_keyspace(durable, queue_on):
    queue = queue_on()
    queue.push_many(range(2))
    first = queue.claim()
    durable.kill()
    durable.start()
    second = queue.claim()
    durable.client().flushall()
    queue.push(2)
    assert first.generation < second.generation < queue.claim().generation


def test_forgotten_scripts_are_sent_again(live_queue, client):
    worked = []
    live_queue.push_many(range(30))
    for item in live_queue.drain(1):
        worked.append(item.payload)
        client.script_flush()
    assert worked == list(range(30))
    client.script_flush()
    live_queue.push(1)
    client.script_flush()
    claim = live_queue.claim()
    client.script_flush()
    claim.extend()
    client.script_flush()
    claim.release()
    assert live_queue.stats().ready == 1


def test_connections_that_the_server_kills_are_made_anew(live_queue, client):
    live_queue.push_many(range(50))
    worked = []
    for item in live_queue.drain(1):
        worked.append(item.payload)
        client.client_kill_filter(_type="normal", skipme=True)
    assert worked == list(range(50))
    assert live_queue.stats().acked == 50


def test_a_consumer_that_waits_is_served_after_a_restart(durable, queue_on):
    waiting, got = queue_on(), []
    consumer = threading.Thread(
        target=lambda: got.extend(waiting.claim(1, wait=timedelta(seconds=20)).payloads)
    )
    consumer.start()
    clients = durable.client()
    wait_until(lambda: clients.info("clients")["blocked_clients"], "the consumer to wait")
    durable.kill()
    durable.start()
    queue_on().push("after")
    consumer.join(20)
    assert got == ["after"]


def test_a_server_that_is_not_there_is_told_in_bounded_time(durable, queue_on):
    queue = queue_on()
    queue.push(1)
    durable.stop()
    calls = (lambda: queue.push(1), lambda: list(queue.drain()))
    for call in calls:
        began = time.monotonic()
        with pytest.raises(ServerUnavailable, match="orders"):
            call()
        assert time.monotonic() - began < 10
