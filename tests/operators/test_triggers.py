"""Triggers look at a queue from an event loop; they take nothing and bear a server that is away."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from datetime import timedelta

import pytest

from lab.waiting import wait_until
from redis_xcom import BadArgument, Outlook, Queue, ServerUnavailable, aio
from redis_xcom.airflow import patrol
from redis_xcom.airflow.condition import CLAIMABLE, Condition
from redis_xcom.airflow.triggers import QueueEventTrigger, QueueTrigger

SOON = 20.0
FAST = {"pace": 0.02}


@pytest.fixture
def connection(server, monkeypatch):
    uri = f"redis://{str(server.socket).replace('/', '%2F')}"
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", uri)


@pytest.fixture
def orders(client, connection):
    queue = Queue("orders", client=client)
    yield queue
    queue.purge()


def waiting(condition=CLAIMABLE, *, queues=("orders",), seconds=SOON, **more):
    until = time.time() + seconds
    return QueueTrigger(
        queues=[*queues], condition=condition.serialize(), until=until, **(FAST | more)
    )


def watching(**more):
    return QueueEventTrigger(queue_name="orders", **(FAST | more))


def rebuilt(trigger):
    """As Airflow hands it to a triggerer."""
    path, arguments = trigger.serialize()
    assert path == f"redis_xcom.airflow.triggers.{type(trigger).__name__}"
    return type(trigger)(**json.loads(json.dumps(arguments)))


async def first_event(trigger):
    async for event in trigger.run():
        return event.payload
    return None


def fired(trigger, meanwhile=None):
    """The trigger's first event; `meanwhile` happens once it runs."""

    async def run():
        task = asyncio.create_task(first_event(rebuilt(trigger)))
        await asyncio.sleep(0)
        if meanwhile is not None:
            await asyncio.to_thread(meanwhile)
        return await asyncio.wait_for(task, SOON)

    return asyncio.run(run())


def seen(**differently):
    counts = ("ready", "delayed", "due", "claims", "claimed", "silent", "waiting")
    rest = {"paused": False, "room": None, "next_due": None, "oldest": None}
    return Outlook(**(dict.fromkeys(counts, 0) | rest | differently))


@pytest.mark.parametrize(
    ("condition", "outlook", "holds"),
    [
        (Condition(at_least=3), seen(ready=2), False),
        (Condition(at_least=3), seen(ready=2, delayed=4, due=1), True),
        (Condition(at_least=3), seen(ready=3, paused=True), False),
        (Condition(at_least=1), seen(ready=3, room=0), False),
        (Condition(empty=True), seen(claimed=1, claims=1, delayed=1), True),
        (Condition(empty=True), seen(delayed=1, due=1), False),
        (Condition(empty=True), seen(waiting=1), False),
        (Condition(empty=True), seen(ready=1, paused=True), False),
        (Condition(done=True), seen(claimed=1), False),
        (Condition(done=True), seen(delayed=1), False),
        (Condition(done=True), seen(), True),
        (Condition(older_than=60), seen(ready=1, oldest=timedelta(seconds=61)), True),
        (Condition(older_than=60), seen(ready=1, oldest=timedelta(seconds=60)), False),
        (Condition(older_than=60), seen(ready=1), False),
        (Condition(unheard=True), seen(claims=1, silent=1), True),
        (Condition(unheard=True), seen(claims=1, silent=1, paused=True), False),
        (CLAIMABLE, seen(), False),
        (CLAIMABLE, seen(ready=1), True),
    ],
)
def test_what_is_waited_for(condition, outlook, holds):
    assert condition.holds(outlook) is holds
    assert Condition(**json.loads(json.dumps(condition.serialize()))) == condition


def test_it_fires_when_the_queue_is_as_asked_and_takes_nothing(orders):
    assert fired(waiting(), lambda: orders.push(1)) == {"status": "met"}
    assert orders.stats().ready == 1


def test_any_of_several_queues_will_do(orders, client):
    urgent = Queue("urgent", client=client)
    trigger = waiting(queues=("urgent", "orders"))
    assert fired(trigger, lambda: urgent.push(1)) == {"status": "met"}
    urgent.purge()


def test_it_tells_when_time_is_up(orders):
    orders.pause()
    orders.push(1)
    assert fired(waiting(seconds=0.2)) == {"status": "over"}
    orders.resume()


def test_it_may_rest_before_it_looks(orders):
    orders.push(1)
    began = time.monotonic()
    assert fired(waiting(rest=0.3)) == {"status": "met"}
    assert time.monotonic() - began >= 0.3
    assert fired(waiting(Condition(at_least=9), rest=60, seconds=0.1)) == {"status": "over"}


def test_a_claim_that_nobody_renews_fires(orders, client):
    orders.push(1)
    claim = orders.claim(claim_id="dag/run/task", incarnation="1", lease=timedelta(minutes=15))

    def fall_silent():
        client.zincrby("xcom:{orders}:leases", -300_000, claim.claim_id)

    assert fired(waiting(), fall_silent) == {"status": "met"}
    claim.ack()


def test_a_server_that_is_away_is_waited_for_and_told_of_once(make_server, monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="redis_xcom.airflow.patrol")
    monkeypatch.setattr("redis_xcom.aio.TRIES", 0)
    server = make_server()
    monkeypatch.setenv(
        "AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{str(server.socket).replace('/', '%2F')}"
    )
    server.kill()

    def come_back():
        wait_until(lambda: caplog.records, "a question to go unanswered")
        server.start()
        with server.client() as client:
            Queue("orders", client=client).push(1)

    assert fired(waiting(), come_back) == {"status": "met"}
    told = [record.message for record in caplog.records]
    assert len(told) == 2
    assert told[0].startswith("No answer, asking on: queue 'orders'")
    assert told[1] == "The server answers again"


def test_an_event_comes_as_often_as_it_was_asked_to(orders):
    """Two of a kind, as in two triggerers, speak as one."""
    orders.push_many(range(3))

    async def listen(trigger, events):
        async for event in trigger.run():
            await events.put(event.payload)

    async def run():
        events = asyncio.Queue()
        began = time.monotonic()
        listening = [
            asyncio.create_task(listen(rebuilt(watching(every=1)), events)) for _ in range(2)
        ]
        heard = [await events.get() for _ in range(3)]
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        return heard, time.monotonic() - began

    events, seconds = asyncio.run(asyncio.wait_for(run(), SOON))
    assert events == [{"queue": "orders", "available": 3, "claims": 0}] * 3
    assert seconds >= 2.0


def test_triggers_configured_alike_share_a_name(connection):
    names = {watching(**more).watch().name for more in ({}, {"pace": 5}, {"every": 30})}
    assert len(names) == 1
    others = ({"every": 60}, {"workers": 2}, {"per": 10}, {"prefix": "x"}, {"name": "mine"})
    assert len({watching(**more).watch().name for more in others} - names) == 5


@pytest.mark.parametrize(
    "arguments", [{"queue_name": "a b"}, {"every": 0}, {"workers": 0}, {"per": "many"}]
)
def test_a_mistake_is_told_where_the_dag_is_parsed(arguments):
    with pytest.raises(BadArgument):
        QueueEventTrigger(**({"queue_name": "orders"} | arguments))


def test_many_triggers_share_a_few_connections(orders, client):
    def connections():
        return sum(one["name"] == aio.NAME for one in client.client_list())

    async def run():
        tasks = [
            asyncio.create_task(first_event(waiting(Condition(at_least=2)))) for _ in range(50)
        ]
        await asyncio.to_thread(wait_until, connections, "a trigger to connect")
        counted = [await asyncio.to_thread(connections) for _ in range(20)]
        await asyncio.to_thread(orders.push_many, range(2))
        assert await asyncio.gather(*tasks) == [{"status": "met"}] * 50
        return max(counted)

    assert 0 < asyncio.run(asyncio.wait_for(run(), SOON)) <= patrol.AT_ONCE
    wait_until(lambda: connections() == 0, "the connections to be closed")


@pytest.mark.parametrize(("users", "pause"), [(1, 1.0), (100, 1.0), (2_000, 20.0)])
def test_a_crowd_of_triggers_asks_no_oftener_than_a_hundred(users, pause):
    shared = patrol._Shared(client=None, users=users)
    assert patrol.Patrol(shared, pace=1.0).pause == pause


def test_a_trigger_that_is_cancelled_leaves_nothing_open(orders, client):
    async def run():
        task = asyncio.create_task(first_event(watching()))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    wait_until(
        lambda: not any(one["name"] == aio.NAME for one in client.client_list()),
        "the connection to be closed",
    )


@pytest.mark.parametrize("answer", [None, ServerUnavailable("away")])
def test_a_client_that_misses_its_cancellation_does_not_keep_the_trigger_alive(answer):
    """As redis-py's may, with Python 3.11 and older."""

    async def deaf():
        try:
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            if answer is not None:
                raise answer from None

    async def ask_on():
        watchman = patrol.Patrol(patrol._Shared(client=None), pace=0.0)
        for _ in range(3):
            await watchman.ask(deaf)

    async def run():
        task = asyncio.create_task(ask_on())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(run())


def test_killing_a_trigger_touches_nothing(orders):
    """Airflow does so after the next try's trigger has started."""
    orders.push(1)
    for trigger in (waiting(), watching()):
        asyncio.run(trigger.cleanup())
        if hasattr(trigger, "on_kill"):
            asyncio.run(trigger.on_kill())
    assert orders.stats().ready == 1
