"""Every key that a script touches is declared, and all of them lie in one slot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.crc import key_slot

from redis_xcom import Queue
from redis_xcom.keys import TYPES, Keys
from redis_xcom.single import Single

SHORTEST = timedelta(seconds=1)


@pytest.fixture
def commands(server, client):
    """`commands(act)`: what scripts sent to the server meanwhile, a list of words each."""

    def watch(act):
        with client.monitor() as monitor, server.client() as marker:
            act()
            marker.echo("end of watch")
            seen = []
            for event in monitor.listen():
                if event["command"].endswith("end of watch"):
                    return seen
                if event["client_type"] == "lua":
                    seen.append(event["command"])
        return None

    return watch


def keys_in(command, declared):
    """The words of a command that are keys, or look like one of a queue."""
    return {word for word in command.split() if word.startswith("xcom:") or word in declared}


def live_through_everything(queue, results):
    queue.push_many(range(9), push_id="load")
    queue.push_many(range(3), dedup_ids="abc", max_length=99)
    queue.push("soon", delay=timedelta(milliseconds=1))
    claim = queue.claim(4)
    claim.extend()
    claim.ack(claim.items[0])
    claim.release(claim.items[1], delay=SHORTEST)
    claim.reject(claim.items[2], reason="no")
    queue.claim(claim_id="ti", incarnation="1").hand_over(claim_id="other")
    handle = queue.handle("other", queue.claim(claim_id="other").generation)
    handle.hand_over(*handle.items(), claim_id="ti", incarnation="1", lease=SHORTEST)
    queue.claim(claim_id="ti", incarnation="2").release(reason="oops")
    claim.release()
    drain = queue.drain(3, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
    queue.push_many(range(4), ordering_keys=["k", "k", None, "l"])
    queue.limit(max_claimed=99)
    keyed = queue.claim(9)
    keyed.ack(keyed.items[0])
    keyed.reject(reason="no")
    queue._scripts.free(["l", "gone"])
    queue.stats()
    queue.outlook()
    queue._scripts.restore(["gone/1"])
    queue.redrive()
    queue.redrive(["x"])
    queue.purge(dead=True)


def test_scripts_touch_declared_keys_only(server, client, commands):
    queue = Queue("orders", url=server.url)
    results = Queue("results", tag="orders", url=server.url)
    declared = {*queue.keys.all(), *(results.keys.part(part) for part in ("state", "ready"))}
    seen = commands(lambda: live_through_everything(queue, results))
    touched = set().union(*(keys_in(command, declared) for command in seen))
    assert touched == declared
    names = {command.split()[0].upper() for command in seen}
    assert names >= {"HSET", "LPOP", "RPUSH", "LPUSH", "ZADD", "HDEL", "UNLINK"}
    queue.close()
    results.close()


def test_every_call_declares_the_keys_of_its_queue(queue, make_queue, monkeypatch):
    results, sent = make_queue("results", tag="orders"), []
    send = type(queue._client).execute_command

    def watched(self, *words, **how):
        if words[0] in ("EVALSHA", "EVAL"):
            sent.append(words[3 : 3 + words[2]])
        return send(self, *words, **how)

    monkeypatch.setattr(type(queue._client), "execute_command", watched)
    live_through_everything(queue, results)
    own = queue.keys.all()
    forward = tuple(results.keys.part(part) for part in ("state", "ready"))
    assert set(sent) == {own, own + forward}


@pytest.mark.parametrize("keys", [Keys("orders"), Keys("a.b-c_D9", "p"), Keys("done", tag="t")])
def test_all_keys_of_a_queue_lie_in_one_slot(keys):
    slots = {key_slot(keys.part(part).encode()) for part in TYPES}
    assert slots == {key_slot(keys.slot.encode())}


def test_scripts_read_the_clock_once(server, client, commands):
    queue = Queue("orders", url=server.url)
    queue.push_many(range(4))

    def act():
        queue.claim(2).release(reason="oops")

    seen = [command.split()[0].upper() for command in commands(act)]
    assert seen.count("TIME") == 2  # one a script
    queue.purge()
    queue.close()


def live_as_a_single(single):
    single.offer(1, ttl=timedelta(hours=1))
    single.claim("ti", incarnation="1")
    single.claim("ti", incarnation="2").release()
    single.claim("other", lease=SHORTEST)
    single.look()
    single.release("other")


def test_the_scripts_of_a_single_item_declare_their_keys_and_read_the_clock_once(client, commands):
    single = Single("one", client=client)
    seen = commands(lambda: live_as_a_single(single))
    touched = {word for line in seen for word in line.split() if word.startswith("xcom-values:")}
    assert touched == set(single.keys.all())
    assert [command.split()[0].upper() for command in seen].count("TIME") == 6  # a look needs none
