"""However much has piled up, one call does a bounded part of it: counted, not timed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import Queue

MANY = 10_000
LEASE_MS = 1_000


@pytest.fixture
def queue(client, clock):
    return Queue("orders", client=client, clock=clock)


@pytest.fixture
def cost(client):
    """`cost(act)`: how many commands the server ran for it, those inside scripts included."""

    def commands():
        stats = client.info("commandstats")
        return sum(stat["calls"] for name, stat in stats.items() if "info" not in name)

    def measure(act):
        before = commands()
        act()
        return commands() - before

    return measure


def plant_claims(queue, number):
    for n in range(number):
        queue._scripts.claim(
            f"claim {n}",
            incarnation="",
            after=None,
            ack_first=False,
            limit=1,
            lease_ms=LEASE_MS,
            owner="dead",
            max_deliveries=0,
        )


def pass_without_silence(queue, clock, seconds):
    for _ in range(int(seconds / 0.4) + 1):
        clock.advance(0.4)
        queue._scripts.extend("nobody", generation=0, lease_ms=LEASE_MS)


def test_a_claim_frees_a_hundred_dead_claims(queue, clock, cost):
    queue.push_many(range(MANY))
    plant_claims(queue, MANY)
    pass_without_silence(queue, clock, 2)
    queue.pause()
    for n in range(1, 4):
        assert cost(queue.claim) < 100 * 10 + 50
        assert queue.stats().expired == 100 * n
    queue.resume()
    list(queue.drain(4096))
    assert queue.stats().total == 0


def test_a_claim_frees_a_large_dead_claim_whole_and_then_no_other(queue, clock):
    queue.push_many(range(1010))
    queue.claim(1000, lease=timedelta(seconds=1))
    clock.advance(0.1)
    plant_claims(queue, 10)
    pass_without_silence(queue, clock, 2)
    queue.pause()
    queue.claim()
    assert queue.stats().expired == 1000
    queue.claim()
    assert queue.stats().expired == 1010
    queue.resume()
    queue.purge()


def test_a_claim_looks_at_a_hundred_leases_in_doubt(queue, clock, cost):
    queue.push_many(range(1000))
    plant_claims(queue, 1000)
    clock.advance(7200)
    assert cost(queue.claim) < 100 * 3 + 50
    assert queue.stats().claims == 1000
    queue._client.flushall()


def test_a_claim_moves_a_hundred_due_items(queue, clock, cost):
    queue.push_many(range(MANY), delay=timedelta(seconds=1))
    clock.advance(1)
    queue.pause()
    for n in range(1, 4):
        assert cost(queue.claim) < 50
        assert queue.stats().ready == 100 * n
    claim = queue.claim()
    assert claim.retry_after == timedelta(milliseconds=1)
    queue.purge()


def test_a_claim_puts_a_thousand_items_behind_others_of_their_key(queue, client, cost):
    queue.push(0, ordering_key="a")
    held = queue.claim()
    items = [b'{"xcom":"%d","key":"a","payload":1}' % n for n in range(MANY)]
    client.rpush(queue.keys.part("ready"), *items)
    asked = cost(lambda: plant_claims(queue, 1))
    assert asked < 1000 * 4 + 50
    assert queue.stats().waiting == 1000
    held.ack()
    assert cost(queue.purge) < 50


def test_claims_of_the_dead_come_back_beside_the_claims_of_the_living(queue, clock):
    queue.push_many(range(300))
    plant_claims(queue, 299)
    live = queue.claim(claim_id="live", lease=timedelta(hours=1))
    pass_without_silence(queue, clock, 2)
    assert len(list(queue.drain(50))) == 299
    live.ack()


def test_a_hand_over_costs_a_few_commands_however_much_goes_over(queue, cost):
    queue.push_many(range(4096))
    claim = queue.claim(4096)
    assert cost(lambda: claim.hand_over(claim.items[0], claim_id="one")) < 40
    assert cost(lambda: claim.hand_over(claim_id="rest")) < 40
    queue._client.flushall()


def test_redrive_and_purge_cost_little_a_call(queue, cost):
    queue.push_many(range(MANY))
    for _ in range(3):
        queue.claim(4096).reject(reason="no")
    assert cost(lambda: queue._scripts.redrive([], limit=100, until_ms="")) < 100 * 4 + 50
    queue.push_many(range(MANY))
    assert cost(lambda: queue.purge(dead=True)) < 20


def test_producers_and_claimants_of_long_ago_are_forgotten(queue, clock, client):
    recent = queue.keys.part("recent")
    for n in range(600):
        push_as(queue, f"producer {n}", 1)
    assert client.hlen(recent) == 600
    clock.advance(3601)
    for n in range(600):
        push_as(queue, f"later {n}", 1)
    assert client.hlen(recent) < 800
    queue.purge()


def test_a_producer_in_use_is_not_forgotten(queue, clock):
    for n in range(600):
        push_as(queue, f"producer {n}", 1)
        push_as(queue, "mine", n)
        clock.advance(30)
    assert push_as(queue, "mine", 599).repeated == 1
    queue.purge()


def push_as(queue, producer, number):
    return queue._scripts.push(
        [b'{"xcom":"x","payload":1}'],
        producer=producer,
        number=number,
        push_id="",
        dedup_ids=None,
        remember_ms=1,
        delay_ms=0,
        max_length=0,
    )
