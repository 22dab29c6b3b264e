"""When a watcher calls somebody to work: one step decides, and takes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from lab.snapshot import snapshot
from redis_xcom import BadArgument, Queue, ServerError, ServerUnavailable, aio
from redis_xcom.watch import Watch

EVERY = timedelta(seconds=30)
LEASE = timedelta(minutes=15)
ONE = Watch("watcher", EVERY)
FEW = Watch("watcher", EVERY, workers=3, per=10)


@pytest.fixture
def queue(client, clock):
    queue = Queue("orders", client=client, clock=clock)
    yield queue
    queue.resume()
    queue.purge()


@pytest.fixture
def look(server, clock):
    """`look(watch)`: what a watcher asks, in an event loop of its own."""

    async def ask(act):
        async with aio.connect(server.url) as client:
            return await act(aio.Lookout(client, Queue("orders", url=server.url).keys, clock=clock))

    return lambda act: asyncio.run(ask(act))


@pytest.fixture
def wake(look):
    """`wake(watch)`: whether this watcher calls somebody now."""
    return lambda watch=ONE: look(lambda queue: queue.wake(watch)) is not None


def test_somebody_is_called_where_there_is_something_to_do(queue, look, wake):
    assert not wake()
    queue.push_many(range(3))
    assert look(lambda orders: orders.wake(ONE)).available == 3


def test_the_next_call_comes_after_a_while_however_much_lies_there(queue, wake, clock):
    queue.push_many(range(1000))
    assert [wake() for _ in range(3)] == [True, False, False]
    clock.advance(29.9)
    assert not wake()
    clock.advance(0.1)
    assert [wake(), wake()] == [True, False]


def test_watchers_of_one_name_call_once_and_others_for_themselves(queue, wake):
    queue.push(1)
    assert [wake(ONE), wake(ONE), wake(Watch("other", EVERY))] == [True, False, True]


def test_a_question_that_is_sent_again_gets_the_same_answer(queue, look):
    queue.push(1)

    def ask(token):
        return look(lambda orders: orders._ask("wake", *ONE.question(token)))[0]

    assert [ask("a"), ask("a"), ask("b"), ask("a")] == [1, 1, 0, 1]


def test_nobody_is_called_while_enough_are_at_work(queue, wake, clock):
    queue.push_many(range(9))
    first, second = queue.claim(), queue.claim()
    assert not wake()
    assert wake(Watch("watcher", EVERY, workers=3))
    clock.advance(30)
    second.release()
    assert not wake()
    first.release()
    assert wake()


def test_few_items_are_worth_few_claimants(queue, wake, clock):
    queue.push_many(range(20))
    claims = [queue.claim(), queue.claim()]
    assert wake(FEW) is False
    queue.push_many(range(3))
    assert wake(FEW)
    clock.advance(30)
    claims.append(queue.claim())
    queue.push_many(range(1000))
    assert wake(FEW) is False
    for claim in claims:
        claim.ack()


def test_a_paused_queue_calls_nobody(queue, wake, clock):
    queue.push_many(range(9))
    queue.claim(lease=timedelta(seconds=1))
    clock.advance(1)
    queue.pause()
    assert not wake()
    queue.resume()
    assert wake()


def test_nobody_is_called_for_what_may_not_be_claimed(queue, wake):
    queue.push_many(range(9))
    queue.limit(max_claimed=1)
    claim = queue.claim()
    assert not wake(Watch("watcher", EVERY, workers=3))
    claim.ack()
    assert wake(Watch("watcher", EVERY, workers=3))
    queue.limit(max_claimed=None)


def test_a_delayed_item_calls_when_it_is_due(queue, wake, clock):
    queue.push("later", delay=timedelta(seconds=5))
    assert not wake()
    clock.advance(5)
    assert wake()


def test_a_claim_with_tries_that_is_not_heard_of_calls_after_a_third_of_its_lease(
    queue, wake, clock
):
    """Somebody must come and ask what became of its owner."""
    queue.push(1)
    claim = queue.claim(claim_id="dag/run/task", incarnation="1", lease=LEASE)
    clock.advance(299)
    assert not wake()
    clock.advance(1)
    assert wake()
    clock.advance(30)
    claim.extend()
    assert not wake()
    claim.ack()


def test_who_was_asked_about_is_asked_about_again_after_five_minutes(queue, wake, clock):
    """What belongs to a run is not renewed by it: a call for each look would be one for nothing."""
    queue.push(1)
    claim = queue.claim(claim_id="dag/run//task", incarnation="1", lease=timedelta(hours=1))
    clock.advance(1200)
    assert wake()
    clock.advance(299)
    assert not wake()
    clock.advance(1)
    assert wake()
    queue.push(2)
    clock.advance(30)
    assert wake()
    claim.ack()


def test_a_claim_without_tries_calls_when_its_lease_has_run_out(queue, wake, clock):
    queue.push(1)
    claim = queue.claim(lease=LEASE)
    clock.advance(899)
    assert not wake()
    clock.advance(1)
    assert wake()
    claim.release()


def test_a_watcher_takes_and_changes_nothing_but_the_time_of_its_call(queue, wake, client, clock):
    queue.push_many(range(3))
    queue.claim(lease=timedelta(seconds=1))
    queue.push("later", delay=timedelta(seconds=5))
    before = snapshot(client)
    clock.advance(3600)
    assert wake()
    after = snapshot(client)
    state = queue.keys.part("state").encode()
    assert {key for key in before | after if before.get(key) != after.get(key)} <= {state}
    assert set(client.hgetall(state)) >= {b"watcher/watcher", b"seen"}


def test_in_a_watched_queue_the_end_of_a_lease_is_never_in_doubt(queue, wake, clock):
    """Left alone it would be: a long silence looks like a jump of the clock."""
    queue.push("x")
    queue.claim(lease=LEASE)
    for _ in range(82):
        clock.advance(11)
        wake()
    assert queue.claim().payloads == ["x"]
    queue.claim().release()
    clock.advance(900)


def test_a_full_server_calls_all_the_same(make_server):
    server = make_server(settings={"maxmemory": "3mb"})
    with server.client() as client:
        queue = Queue("orders", client=client)
        queue.push("x")
        client.config_set("maxmemory", 1)

    async def ask():
        async with aio.connect(server.url) as client:
            return await aio.Lookout(client, queue.keys).wake(ONE)

    assert asyncio.run(ask()).ready == 1


def test_scripts_that_the_server_has_forgotten_are_sent(queue, wake, client):
    queue.push(1)
    client.script_flush()
    assert wake()


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": ""},
        {"name": 'a "quote"'},
        {"every": timedelta(0)},
        {"every": 30},
        {"workers": 0},
        {"per": 1.5},
    ],
)
def test_terms_that_cannot_be_meant_are_refused(arguments):
    with pytest.raises(BadArgument):
        Watch(**({"name": "watcher", "every": EVERY} | arguments))


@pytest.mark.spoils_keys
def test_what_the_server_refuses_is_told(queue, wake, client):
    client.set("xcom:{orders}:ready", "of another type")
    with pytest.raises(ServerError, match=r"queue 'orders': .*WRONGTYPE"):
        wake()
    client.delete("xcom:{orders}:ready")


def test_a_server_that_is_away_is_told():
    async def ask():
        async with aio.connect("redis://127.0.0.1:1/0") as client:
            await aio.Lookout(client, Queue("orders", url="redis://127.0.0.1:1").keys).outlook()

    with pytest.raises(ServerUnavailable, match="queue 'orders'"):
        asyncio.run(ask())
