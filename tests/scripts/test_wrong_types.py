"""A key of another type is reported before anything is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import WrongKeyType
from redis_xcom.keys import TYPES
from redis_xcom.single import Single

WAITING = {"ready", "delayed", "waiting"}
TURNS = {"turns"}
LETTERS = {"dead", "died"}
CLAIMS = {"claims", "claimed", "leases", "recent"}


def step(scene):
    scene.queue._scripts.claim(
        scene.held.claim_id,
        incarnation="",
        after=scene.held.generation,
        ack_first=True,
        limit=2,
        lease_ms=9000,
        owner="me",
        max_deliveries=1,
        forward=[b'{"xcom":"r","payload":1}'],
        forward_to=scene.results.keys,
    )


OPERATIONS = {
    "push": (lambda s: s.queue.push(1), {"state", "recent"} | WAITING),
    "push with a key": (
        lambda s: s.queue.push(1, ordering_key="k"),
        {"state", "recent"} | WAITING | TURNS,
    ),
    "push with an id": (lambda s: s.queue.push(1, push_id="x"), {"state", "pushes"} | WAITING),
    "deduplicated push": (
        lambda s: s.queue.push(1, dedup_id="y", delay=timedelta(1)),
        {"state", "recent", "pushes"} | WAITING,
    ),
    "claim": (lambda s: s.queue.claim(2), {"state"} | WAITING | TURNS | LETTERS | CLAIMS),
    "replay": (
        lambda s: s.queue.claim(claim_id="held"),
        {"state"} | WAITING | TURNS | LETTERS | CLAIMS,
    ),
    "takeover": (
        lambda s: s.queue.claim(claim_id="held", incarnation="2"),
        {"state"} | WAITING | TURNS | LETTERS | CLAIMS,
    ),
    "step": (step, {"state"} | WAITING | TURNS | LETTERS | CLAIMS),
    "ack": (lambda s: s.held.ack(), {"state"} | WAITING | TURNS | LETTERS | CLAIMS),
    "ack one": (
        lambda s: s.held.ack(s.held.items[0]),
        {"state"} | WAITING | TURNS | LETTERS | CLAIMS,
    ),
    "release": (lambda s: s.held.release(), {"state"} | WAITING | TURNS | LETTERS | CLAIMS),
    "delay": (
        lambda s: s.held.release(delay=timedelta(1)),
        {"state"} | WAITING | TURNS | LETTERS | CLAIMS,
    ),
    "reject": (
        lambda s: s.held.reject(reason="no"),
        {"state"} | WAITING | TURNS | LETTERS | CLAIMS,
    ),
    "hand over": (
        lambda s: s.held.hand_over(claim_id="other"),
        {"state"} | WAITING | TURNS | LETTERS | CLAIMS,
    ),
    "held": (lambda s: s.held.handle.items(), {"claims", "claimed"}),
    "extend": (lambda s: s.held.extend(), {"state", "claims", "leases"}),
    "redrive": (lambda s: s.queue.redrive(), {"state", "ready", "waiting"} | TURNS | LETTERS),
    "redrive ids": (
        lambda s: s.queue.redrive(["x"]),
        {"state", "ready", "waiting"} | TURNS | LETTERS,
    ),
    "purge": (
        lambda s: s.queue.purge(dead=True),
        {"state", "claimed"} | WAITING | TURNS | LETTERS,
    ),
    "free": (lambda s: s.queue._scripts.free(["k", ""]), {"state", "ready", "waiting"} | TURNS),
    "restore": (
        lambda s: s.queue._scripts.restore(["gone/1", "held/1"]),
        {"state", "ready", "claims", "claimed"},
    ),
    "stats": (
        lambda s: s.queue.stats(),
        {"state", "claims", "claimed", "dead"} | WAITING,
    ),
    "outlook": (
        lambda s: s.queue.outlook(),
        {"state", "ready", "delayed", "waiting"} | (CLAIMS - {"recent"}),
    ),
    "peek": (lambda s: s.queue.peek(), {"ready"}),
    "dead": (lambda s: s.queue.dead(), LETTERS),
    "wait": (lambda s: s.queue.wait(timedelta(0)), {"ready"}),
    "pause": (lambda s: s.queue.pause(), {"state"}),
    "limit": (lambda s: s.queue.limit(max_claimed=9), {"state"}),
    "resume": (lambda s: s.queue.resume(), {"state"}),
}


class Scene:
    """A queue that has something in each of its keys, an expired claim and a due item too."""

    def __init__(self, make_queue, clock):
        self.queue = make_queue(max_deliveries=1)
        self.results = make_queue("results", tag="orders")
        self.queue.push_many(range(8), push_id="load", dedup_ids="abcdefgh")
        self.queue.push_many(range(2), ordering_keys=["k", "k"])
        self.queue.claim().reject(reason="no")
        self.queue.claim(2, lease=timedelta(seconds=1))
        self.held = self.queue.claim(2, claim_id="held")
        self.queue.push("due", delay=timedelta(seconds=1))
        self.queue.push("later", delay=timedelta(days=1))
        for _ in range(4):
            clock.advance(0.4)
            self.queue._scripts.extend("nobody", generation=0, lease_ms=1000)


@pytest.fixture
def scene(make_queue, clock):
    return Scene(make_queue, clock)


@pytest.mark.spoils_keys
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_wrong_type_is_named_and_nothing_is_changed(scene, snapshot, either_client, operation):
    act, touched = OPERATIONS[operation]
    for part in sorted(touched):
        key = scene.queue.keys.part(part)
        assert either_client.rename(key, "kept")
        either_client.set(key, "of another type")
        before = snapshot()
        with pytest.raises(WrongKeyType, match=f"{part} is a string, not a "):
            act(scene)
        assert snapshot() == before, part
        either_client.rename("kept", key)
    act(scene)


@pytest.mark.spoils_keys
@pytest.mark.parametrize("operation", OPERATIONS)
def test_keys_that_an_operation_has_no_use_for_do_not_hinder_it(scene, either_client, operation):
    act, touched = OPERATIONS[operation]
    for part in set(TYPES) - touched:
        either_client.delete(scene.queue.keys.part(part))
        either_client.set(scene.queue.keys.part(part), "of another type")
    act(scene)


@pytest.mark.spoils_keys
@pytest.mark.parametrize("part", ["state", "ready"])
def test_a_wrong_type_in_the_queue_forwarded_to_changes_nothing(
    scene, snapshot, either_client, part
):
    either_client.set(scene.results.keys.part(part), "of another type")
    before = snapshot()
    with pytest.raises(WrongKeyType, match=f"results:{part} is a string"):
        step(scene)
    with pytest.raises(WrongKeyType, match=f"results:{part} is a string"):
        scene.held.ack_forwarding((), [b"{}"], scene.results.keys)
    assert snapshot() == before


SINGLE = {
    "offer": (lambda single: single.offer(1, ttl=None), {"state", "ready"}),
    "claim": (lambda single: single.claim("a"), set(TYPES) - {"pushes"}),
    "claim by another": (lambda single: single.claim("b"), set(TYPES) - {"pushes"}),
    "release": (lambda single: single.release("a"), set(TYPES) - {"pushes"}),
    "look": (lambda single: single.look(), {"ready", "claimed", "claims"}),
}


@pytest.mark.spoils_keys
@pytest.mark.parametrize("operation", SINGLE)
def test_a_wrong_type_beside_a_single_item_changes_nothing(either_client, snapshot, operation):
    act, touched = SINGLE[operation]
    single = Single("one", client=either_client)
    for part in sorted(touched):
        either_client.flushall()
        single.offer(1, ttl=timedelta(hours=1))
        single.claim("a")
        either_client.set(single.keys.part(part), "of another type")
        before = snapshot()
        with pytest.raises(WrongKeyType, match=f"{part} is a string, not a "):
            act(single)
        assert snapshot() == before, part
