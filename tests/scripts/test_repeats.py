"""A request that arrives twice, or late, changes nothing the second time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from redis_xcom.scripts import Scripts

MINUTE = timedelta(minutes=1)


@pytest.fixture
def requests(queue, monkeypatch):
    """Every request that a script has answered, in order; not those that found nothing.

    A copy of those may find something: the next request of the same claim id gets it then.
    """
    sent, run = [], Scripts._run

    def remembered(scripts, *request):
        reply = run(scripts, *request)
        if not isinstance(reply, list) or reply[0] != b"empty":
            sent.append(request)
        return reply

    monkeypatch.setattr(Scripts, "_run", remembered)
    queue.send_again = lambda request: run(queue._scripts, *request)
    return sent


SETTLINGS = {
    "ack": lambda claim: claim.ack(),
    "ack one": lambda claim: claim.ack(claim.items[1]),
    "release": lambda claim: claim.release(),
    "release one": lambda claim: claim.release(claim.items[1], reason="oops"),
    "release later": lambda claim: claim.release(delay=MINUTE),
    "reject": lambda claim: claim.reject(reason="no"),
    "reject one": lambda claim: claim.reject(claim.items[0], reason="no"),
    "extend": lambda claim: claim.extend(),
    "ack and release": lambda claim: [claim.ack(claim.items[0]), claim.release()],
}
PUSHES = {
    "plain": {},
    "push id": {"push_id": "load"},
    "deduplication": {"dedup_ids": ["a", "b", "a"]},
    "both": {"push_id": "load", "dedup_ids": ["a", "b", "c"]},
    "delay": {"delay": MINUTE},
    "bound": {"max_length": 3},
}


@pytest.mark.parametrize("how", PUSHES)
def test_a_push_sent_twice_adds_once(queue, requests, snapshot, how):
    queue.push_many(range(3), **PUSHES[how])
    before = snapshot()
    assert queue.send_again(requests[-1])[:2] == [b"pushed", 0]
    assert snapshot() == before
    queue.purge()


@pytest.mark.parametrize("name", [None, "ti"])
def test_a_claim_sent_twice_is_one_claim(queue, requests, snapshot, name):
    queue.push_many(range(5))
    claim = queue.claim(2, claim_id=name)
    before = snapshot()
    again = queue.send_again(requests[-1])
    assert int(again[1]) == claim.generation
    assert len(again[4]) == 2
    assert snapshot() == before
    claim.ack()
    queue.purge()


def test_a_takeover_sent_twice_is_one_takeover(queue, requests, snapshot):
    queue.push_many(range(2))
    queue.claim(2, claim_id="ti", incarnation="1")
    claim = queue.claim(2, claim_id="ti", incarnation="2")
    before = snapshot()
    assert int(queue.send_again(requests[-1])[1]) == claim.generation
    assert snapshot() == before
    claim.ack()


def hand_over_and_ack(claim):
    generation = claim.hand_over(claim.items[0], claim_id="other", incarnation="1")
    replace(claim.handle, claim_id="other", generation=generation).ack()


HAND_OVERS = {
    "whole": lambda claim: claim.hand_over(claim_id="other", incarnation="1"),
    "one": lambda claim: claim.hand_over(claim.items[1], claim_id="other", incarnation="1"),
    "one, and acked there": hand_over_and_ack,
}


@pytest.mark.parametrize("how", HAND_OVERS)
def test_a_hand_over_sent_twice_is_one(queue, requests, snapshot, how):
    queue.push_many(range(3))
    claim = queue.claim(3)
    begin = len(requests)
    HAND_OVERS[how](claim)
    before = snapshot()
    for request in requests[begin:] * 2:
        queue.send_again(request)
    assert snapshot() == before
    claim.ack()
    queue.claim(claim_id="other", incarnation="1").ack()
    queue.purge()


@pytest.mark.parametrize("how", SETTLINGS)
def test_a_settling_sent_twice_is_one_settling(queue, requests, snapshot, how):
    queue.push_many(range(3))
    claim = queue.claim(3)
    begin = len(requests)
    SETTLINGS[how](claim)
    before = snapshot()
    for request in requests[begin:] * 2:
        queue.send_again(request)
    assert snapshot() == before
    claim.ack()
    queue.purge(dead=True)


def test_a_step_sent_twice_is_one_step(queue, make_queue, requests, snapshot):
    results = make_queue("results", tag="orders")
    queue.push_many(range(6))
    drain = queue.drain(2, forward_to=results)
    for item in drain:
        drain.forward(item.payload)
        assert item.deliveries == 1
        before = snapshot()
        assert requests[-1][0] == "claim"
        queue.send_again(requests[-1])
        assert snapshot() == before
    assert len(results.peek(100)) == 6


def test_redrive_of_ids_sent_twice_is_one(queue, requests, snapshot):
    queue.push_many(range(3))
    queue.claim(2).reject(reason="no")
    queue.redrive([letter.id for letter in queue.dead(1)])
    before = snapshot()
    queue.send_again(requests[-1])
    assert snapshot() == before
    queue.purge(dead=True)


@pytest.mark.parametrize("seed", range(6))
def test_late_copies_of_any_request_change_nothing(queue, make_queue, requests, snapshot, seed):
    """Pushes, anonymous claims, steps and settlings, copied and arriving in any disorder."""
    dice, live = random.Random(seed), []
    results = make_queue("results", tag="orders")
    for n in range(60):
        act(queue, results, live, dice, n)
        before = snapshot()
        for request in dice.sample(requests, min(4, len(requests))):
            queue.send_again(request)
            assert snapshot() == before, request
    for claim in live:
        claim.ack()
    queue.purge(dead=True)


def act(queue, results, live, dice, n):
    kinds = ["push", "push", "id", "claim", "claim", "settle", "settle", "hand over", "drain"]
    kind = dice.choice(kinds)
    if kind == "push":
        queue.push_many([n] * dice.randint(1, 4), delay=dice.choice([None, MINUTE]))
    elif kind == "id":
        queue.push(n, push_id=f"load {dice.randint(0, 3)}", dedup_id=f"{dice.randint(0, 5)}")
    elif kind == "claim" and (claim := queue.claim(dice.randint(1, 3))):
        live.append(claim)
    elif kind == "settle" and live:
        settle(live, dice)
    elif kind == "hand over" and live:
        hand_over(queue, live, dice, n)
    elif kind == "drain":
        drain = queue.drain(2, max_items=3, forward_to=results)
        for item in drain:
            drain.forward(item.payload)


def hand_over(queue, live, dice, n):
    claim = dice.choice(live)
    items = [item for item in claim.items if claim.holds(item)]
    name = f"other {n % 3}"
    generation = claim.hand_over(*items[: dice.randint(0, 2)], claim_id=name)
    handle = queue.handle(name, generation)
    dice.choice([handle.ack, handle.release, lambda: handle.reject(reason="no")])()
    if not claim.held:
        live.remove(claim)


def settle(live, dice):
    claim = dice.choice(live)
    item = dice.choice([item for item in claim.items if claim.holds(item)])
    how = dice.choice(["ack", "release", "reject", "all"])
    if how == "ack":
        claim.ack(item)
    elif how == "release":
        claim.release(item, reason=dice.choice([None, "oops"]))
    elif how == "reject":
        claim.reject(item, reason="no")
    else:
        claim.ack()
    if not claim.held:
        live.remove(claim)


def changes(client):
    """How many writes the server has counted: what it tells its replicas of."""
    return client.info("persistence")["rdb_changes_since_last_save"]


def test_a_request_writes_when_it_is_repeated(live_queue, client, monkeypatch):
    """WAIT confirms the last write of its connection, which may be new: each call brings one."""
    run = Scripts._run

    def twice(*request):
        reply, before = run(*request), changes(client)
        run(*request)
        assert changes(client) > before, request[1:]
        return reply

    monkeypatch.setattr(Scripts, "_run", twice)
    live_queue.push_many(range(30), push_id="load")
    live_queue.push(30)
    live_queue.push(31, dedup_id="the last")
    for settle in SETTLINGS.values():
        claim = live_queue.claim(3)
        settle(claim)
        claim.ack()
    live_queue.claim(3).hand_over(claim_id="other")
    live_queue.claim(claim_id="other").ack()
    live_queue.redrive()
    live_queue.pause()
    assert not live_queue.claim()
    live_queue.resume()
    live_queue.purge(dead=True)
