"""The generation is a fencing token: it only ever grows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import Queue


@pytest.fixture
def generations(queue):
    """`generations(n)`: those of n claims, one after another."""

    def claim(number):
        queue.push_many(range(number))
        return [queue.claim(claim_id=f"{n}").generation for n in range(number)]

    yield claim
    queue._client.flushall()


def test_it_grows_with_every_claim_even_while_the_clock_stands(generations):
    numbers = generations(20)
    assert numbers == sorted(set(numbers))


def test_it_grows_with_every_takeover(queue):
    queue.push(1)
    numbers = [queue.claim(claim_id="ti", incarnation=i).generation for i in "123456"]
    assert numbers == sorted(set(numbers))
    queue.claim(claim_id="ti", incarnation="6").ack()


@pytest.mark.parametrize("back", [1, 3600, 86_400 * 365])
def test_it_grows_though_the_clock_goes_back(queue, clock, back):
    queue.push_many(range(4))
    first = queue.claim().generation
    clock.advance(-back)
    second = queue.claim().generation
    clock.advance(0.001)
    third = queue.claim().generation
    clock.advance(back)
    fourth = queue.claim().generation
    assert first < second < third < fourth
    queue._client.flushall()


def test_it_grows_over_a_keyspace_that_was_lost(queue, clock, generations):
    before = generations(5)
    queue._client.flushall()
    clock.advance(0.001)
    assert min(generations(5)) > max(before)


def test_it_grows_over_a_failover_that_forgot_the_last_claims(queue, clock, generations):
    generations(1)
    forgotten = queue._client.hgetall("xcom:{orders}:state")
    before = generations(5)
    queue._client.flushall()
    queue._client.hset("xcom:{orders}:state", mapping=forgotten)
    clock.advance(0.001)
    assert min(generations(5)) > max(before)


def test_it_follows_the_servers_own_clock(server, client):
    queue = Queue("orders", url=server.url)
    queue.push(1)
    seconds, micros = client.time()
    with queue.claim() as claim:
        assert abs(claim.generation - (seconds * 1_000_000 + micros)) < 60_000_000
    queue.close()


def test_it_is_written_whole(queue, either_client, clock):
    """Sixteen digits are more than Lua writes of a number by itself."""
    queue.push_many(range(30))
    for n in range(30):
        clock.us += 1 + n % 3
        claim = queue.claim(claim_id="one")
        assert claim.generation == clock.us
        record = either_client.hget("xcom:{orders}:claims", "one")
        assert b'"generation":%d,' % clock.us in record
        claim.ack()


def test_delays_and_leases_far_ahead_are_kept_to_the_millisecond(queue, clock, either_client):
    queue.push("far", delay=timedelta(days=365, milliseconds=1))
    ((_, due),) = either_client.zrange("xcom:{orders}:delayed", 0, -1, withscores=True)
    assert due == clock.us // 1000 + 365 * 86_400_000 + 1
    queue.purge()
