"""A consumer is frozen, its items go to another, and it thaws: it must not do any harm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.child import Child
from lab.snapshot import snapshot
from redis_xcom import ClaimLost, Queue

LONG = timedelta(hours=1)


@pytest.fixture
def consumer(live_queue, server):
    """Start a consumer that holds what was pushed."""
    started = []

    def start(what, *args):
        live_queue.push_many(range(2))
        started.append(Child(what, server.url, 2, *args))
        return started[-1]

    yield start
    for child in started:
        child.kill()


@pytest.fixture
def take_from(live_queue, eventually):
    """Freeze a consumer until another one has got its items."""

    def take(child, **who):
        child.freeze()
        taken = eventually(lambda: live_queue.claim(2, lease=LONG, **who), "the items to come")
        assert taken.payloads == [0, 1]
        return taken

    return take


@pytest.mark.parametrize("heir", ["another consumer", "its own next try"])
def test_what_a_thawed_owner_does_is_refused_and_changes_nothing(consumer, take_from, client, heir):
    own = heir == "its own next try"
    child = consumer("settle_on_demand", *(("task",) if own else ()))
    assert child.answer()["claimed"] == 2
    taken = take_from(child, **({"claim_id": "task", "incarnation": "2"} if own else {}))
    before = snapshot(client)
    child.thaw()
    for act in ("ack", "ack one", "extend", "release", "release later", "reject", "ack"):
        assert (act, child.ask(act)["raised"]) == (act, "ClaimLost")
        assert (act, snapshot(client)) == (act, before)
    taken.ack()


def test_it_is_refused_also_once_the_other_has_finished(consumer, take_from, client):
    child = consumer("settle_on_demand")
    child.answer()
    take_from(child).ack()
    before = snapshot(client)
    child.thaw()
    assert child.ask("ack")["raised"] == "ClaimLost"
    assert child.ask("reject")["raised"] == "ClaimLost"
    assert snapshot(client) == before


def test_it_is_refused_also_while_nobody_has_claimed_again(
    consumer, live_queue, client, eventually
):
    child = consumer("settle_on_demand")
    child.answer()
    child.freeze()
    live_queue.pause()
    eventually(lambda: not live_queue.claim() and live_queue.stats().ready == 2, "the lease to end")
    before = snapshot(client)
    child.thaw()
    assert child.ask("ack")["raised"] == "ClaimLost"
    assert snapshot(client) == before


def test_a_thawed_drain_neither_acks_nor_forwards_nor_claims(consumer, take_from, client):
    child = consumer("drain_on_demand")
    assert child.answer() == {"item": 0}
    assert child.answer() == {"raised": None}
    assert child.ask("step") == {"item": 1}
    child.answer()
    taken = take_from(child)
    Queue("orders", client=client).push("the next one")
    before = snapshot(client)
    child.thaw()
    assert child.ask("step")["raised"] == "ClaimLost"
    assert snapshot(client) == before
    taken.ack()


def test_a_drain_that_does_not_know_yet_is_refused_by_the_server(
    queue, make_queue, clock, either_client
):
    queue.push_many(range(2))
    drain = queue.drain(2, lease=LONG, forward_to=make_queue("results", tag="orders"))
    items = iter(drain)
    for _ in range(2):
        next(items)
        drain.forward("a result")
    clock.advance(LONG.total_seconds())
    assert not queue.claim(2)
    clock.advance(LONG.total_seconds() / 3)
    assert queue.claim(2, lease=LONG).payloads == [0, 1]
    queue.push("the next one")
    before = snapshot(either_client)
    with pytest.raises(ClaimLost):
        next(items)
    assert snapshot(either_client) == before


def test_the_heartbeat_tells_the_work(consumer, take_from, client):
    child = consumer("work_on_demand")
    assert child.answer() == {"item": 0, "lost": False}
    assert child.ask("") == {"lost": False}
    assert child.answer() == {"item": 1, "lost": False}
    taken = take_from(child)
    before = snapshot(client)
    child.thaw()
    assert child.ask("") == {"lost": True}
    assert child.answer()["raised"] == "ClaimLost"
    assert snapshot(client) == before
    taken.ack()
