"""What is wrong is told with its cure, and put right on request."""

from __future__ import annotations

import json

import pytest

from redis_xcom.doctor import examine_queue, examine_server, restore
from redis_xcom.survey import find_queues

KEY = "xcom:{orders}:"
pytestmark = pytest.mark.spoils_keys


@pytest.fixture
def held(orders):
    orders.push_many(range(4))
    return orders.claim(3, claim_id="me")


def forget(client):
    client.hdel(KEY + "claims", "me")
    client.zrem(KEY + "leases", "me")


def miscount(client):
    record = json.loads(client.hget(KEY + "claims", "me"))
    client.hset(KEY + "claims", "me", json.dumps(record | {"held": 7}))


def test_a_queue_at_work_has_nothing_wrong(say, held):
    told = say("doctor")
    assert (told.code, told.out) == (0, "nothing is wrong\n")


def test_items_without_a_record_are_found_and_put_back(say, held, orders, client):
    forget(client)
    told = say("doctor", "--json")
    assert told.code == 1
    (row,) = told.objects
    assert row["what"] == "3 items in nobody's hands: me/1, me/2, me/3"
    assert "--fix" in row["cure"]
    told = say("doctor", "--fix")
    assert told.code == 0
    assert "3 items put back" in told.err
    assert say("doctor").code == 0
    assert [item.payload for item in orders.peek()] == [0, 1, 2, 3]


def test_only_what_nobody_holds_is_put_back(orders, held, client):
    held.ack(held.items[1])
    client.hset(KEY + "claimed", mapping={"gone/2": "12", "gone/10": "20", "me/9": "30"})
    (ailment,) = examine_queue(client, orders.keys)
    assert ailment.orphans == ("gone/2", "gone/10", "me/9")
    everything = (*ailment.orphans, "me/1", "me/3", "nonsense", "gone/77")
    assert restore(orders._scripts, everything) == 3
    assert restore(orders._scripts, everything) == 0
    assert client.lrange(KEY + "ready", 0, -2) == [b"12", b"20", b"30"]
    assert sorted(client.hkeys(KEY + "claimed")) == [b"me/1", b"me/3"]
    assert examine_queue(client, orders.keys) == []


def test_many_are_put_back_in_their_order(orders, client):
    client.hset(KEY + "claimed", mapping={f"gone/{n}": str(n) for n in range(1, 251)})
    (ailment,) = examine_queue(client, orders.keys)
    assert restore(orders._scripts, ailment.orphans) == 250
    assert {int(n) for n in client.lrange(KEY + "ready", 0, -1)} == set(range(1, 251))


def test_ordering_keys_that_stand_still_are_found_and_freed(say, orders, client):
    orders.push_many(range(7), ordering_keys=["c7", "c7", "c8", "c8", "c9", "c9", "gone"])
    held = orders.claim(3)
    client.lpop(KEY + "ready")
    client.hset(KEY + "turns", "c7", "an item that was deleted")
    client.hdel(KEY + "turns", "c9")
    told = say("doctor", "--json")
    (row,) = told.objects
    assert row["what"] == "ordering keys whose turn nobody has: c7, c9, gone"
    told = say("doctor", "--fix")
    assert (told.code, told.err) == (0, f"{KEY}: 3 ordering keys freed\n")
    assert say("doctor").code == 0
    assert sorted(client.hkeys(KEY + "turns")) == [b"c7", b"c8", b"c9"]
    held.release()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: c.zrem(KEY + "leases", "me"), "claims without a lease, which never end: me"),
        (lambda c: c.zadd(KEY + "leases", {"x": 1}), "leases without a claim: x"),
        (lambda c: c.hdel(KEY + "claimed", "me/2"), "claims whose items are gone: me"),
        (lambda c: c.hset(KEY + "dead", "x", "{}"), "1 dead letters, 0 times of death"),
        (lambda c: c.set(KEY + "other", 1), "a string that is no part of a queue"),
        (lambda c: c.rename(KEY + "leases", KEY + "delayed"), "claims without a lease"),
        (lambda c: [c.delete(KEY + "dead"), c.set(KEY + "dead", 1)], "a string that is no part"),
        (miscount, "claims that miscount what they hold: me"),
    ],
)
def test_what_does_not_fit_together_is_told(say, held, client, spoil, words):
    spoil(client)
    told = say("doctor")
    assert told.code == 1
    assert words in told.out


def test_a_key_of_another_program_is_left_alone(say, held, client):
    client.set("celery:{orders}:thing", 1)
    client.set("xcom-like", 1)
    client.set("_x:{orders}:ready", 1)
    assert say("doctor").code == 0
    assert [keys.base for keys in find_queues(client).queues] == [KEY]


class Server:
    """Answers INFO."""

    def __init__(self, **told):
        self.told = {"redis_version": "7.0.15", "aof_enabled": 1, "role": "master"} | told

    def info(self, _section):
        return self.told


@pytest.mark.parametrize(
    ("told", "what", "grave"),
    [
        ({"redis_version": "6.2.14"}, "redis_version is 6.2.14", True),
        ({"redis_version": "7.2.4", "valkey_version": "7.1.9"}, "valkey_version is 7.1.9", True),
        ({"maxmemory_policy": "allkeys-lru"}, "maxmemory-policy is allkeys-lru", True),
        ({"role": "slave"}, "it is a replica", True),
        ({"aof_enabled": 0}, "appendonly is off", False),
    ],
)
def test_a_server_that_loses_queues_is_told(told, what, grave):
    (ailment,) = examine_server(Server(**told))
    assert (ailment.what, ailment.grave) == (what, grave)


def test_a_server_as_it_should_be_is_not(client):
    assert examine_server(Server()) == []
    assert examine_server(client) == []


def test_a_matter_of_taste_is_told_and_no_failure(say, client):
    client.config_set("appendonly", "no")
    try:
        told = say("doctor")
    finally:
        client.config_set("appendonly", "yes")
    assert told.code == 0
    assert "appendonly is off" in told.out
