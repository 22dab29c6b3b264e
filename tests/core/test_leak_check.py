"""The check that follows every test sees what it is there to see."""

from __future__ import annotations

import json

import pytest

from lab.leaks import find_leaks

pytestmark = pytest.mark.spoils_keys
KEY = "xcom:{orders}:"


@pytest.fixture
def held(queue):
    queue.push_many(range(3))
    return queue.claim(2, claim_id="me")


def test_a_queue_at_work_has_no_leaks(queue, held, either_client):
    queue.push(1, push_id="x", dedup_id="y")
    held.reject(held.items[0], reason="no")
    assert find_leaks(either_client) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda client: client.set("stray", 1),
        lambda client: client.set("xcom:{orders}:other", 1),
        lambda client: [client.delete(KEY + "ready"), client.set(KEY + "ready", 1)],
        lambda client: client.delete(KEY + "leases"),
        lambda client: client.zadd(KEY + "leases", {"gone": 1}),
        lambda client: client.delete(KEY + "claims"),
        lambda client: client.hdel(KEY + "claimed", "me/1"),
        lambda client: client.hset(KEY + "claimed", "gone/1", "1"),
        lambda client: client.hset(KEY + "claimed", "me/3", "1"),
        lambda client: client.hset(KEY + "dead", "x", "{}"),
        lambda client: client.zadd(KEY + "died", {"x": 1}),
        lambda client: client.delete(KEY + "ready", KEY + "claimed"),
    ],
)
def test_what_does_not_belong_together_is_a_leak(held, either_client, spoil):
    spoil(either_client)
    assert len(find_leaks(either_client)) >= 1


def test_a_record_that_miscounts_is_a_leak(held, either_client):
    record = json.loads(either_client.hget(KEY + "claims", "me"))
    either_client.hset(KEY + "claims", "me", json.dumps({**record, "held": 1}))
    assert len(find_leaks(either_client)) == 1
