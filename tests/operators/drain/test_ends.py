"""How a draining task ends, and what it leaves."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from redis_xcom import ClaimLost, Superseded
from redis_xcom.airflow import compat, fate
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.operators.decorators import working
from tests.operators.working import noting, odd_ones_fail, payloads

AirflowFailException = compat._error("AirflowFailException")
AirflowSkipException = compat._error("AirflowSkipException")

pytestmark = pytest.mark.usefixtures("logs")


@pytest.mark.parametrize(
    ("fail", "function", "ends"),
    [
        ("never", lambda number: 1 / 0, "well"),
        ("all", lambda number: 1 / 0, "10 of 10 items of queue orders failed"),
        ("all", odd_ones_fail, "well"),
        ("any", odd_ones_fail, "5 of 10 items of queue orders failed"),
        ("any", lambda number: None, "well"),
    ],
)
def test_the_author_says_when_the_task_fails_in_the_end(orders, run, fail, function, ends):
    if ends == "well":
        run(function, fail=fail)
    else:
        with pytest.raises(RuntimeError, match=ends):
            run(function, fail=fail)
    assert orders.stats().claimed == 0


def test_it_ends_after_so_many_items(orders, run):
    assert run(lambda number: None, max_items=7, batch=3)["done"] == 7
    assert payloads(orders) == [7, 8, 9]


def test_when_its_time_is_over_what_is_not_begun_goes_back_at_once(orders, run, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(working, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def work(number):
        now[0] += 1

    told = run(work, max_seconds=3)
    assert (told["claimed"], told["done"]) == (3, 3)
    assert payloads(orders) == list(range(3, 10))
    assert [item.failures for item in orders.peek(10)] == [0] * 7
    assert orders.stats().acked == 3


def test_it_does_not_wait_for_more_beyond_its_time(orders, run):
    assert run(lambda number: None, max_seconds=0.3, idle=3600)["done"] == 10


def test_it_waits_for_more_when_asked_to(orders, run):
    def work(number):
        if number == 9:
            threading.Timer(0.2, orders.push, ["late"]).start()

    assert run(work, idle=5, max_items=11)["done"] == 11


def test_it_looks_for_silent_claims_before_it_works_and_while_it_waits(orders, run, monkeypatch):
    looks = []
    monkeypatch.setattr(fate, "settle_silent", lambda queue, ti: looks.append(len(done)))
    monkeypatch.setattr(working, "LONGEST_IDLE_AT_ONCE", timedelta(seconds=0.05))
    done = []
    run(noting(done), batch=5, idle=0.2)
    assert looks[0] == 0
    assert looks.count(10) >= 2


def test_it_waits_as_long_as_asked_since_the_last_item(orders, run, monkeypatch):
    monkeypatch.setattr(working, "LONGEST_IDLE_AT_ONCE", timedelta(seconds=0.05))
    timers = [threading.Timer(0.15 * n, orders.push, ["late"]) for n in (1, 2, 3)]
    for timer in timers:
        timer.start()
    assert run(lambda number: None, idle=1, max_items=13)["done"] == 13


@pytest.mark.parametrize("by", ["item", "batch"])
@pytest.mark.parametrize(
    ("error", "failures"),
    [
        (AirflowSkipException("enough"), 0),
        (TaskEnded("killed"), 0),
        (AirflowFailException("broken for good"), 1),
    ],
)
def test_what_is_meant_for_the_task_ends_it_and_gives_the_rest_back(
    orders, run, by, error, failures
):
    def work(_):
        raise error

    with pytest.raises(type(error)):
        run(work, by=by, batch=10, backoff=0)
    items = orders.peek(10)
    assert sum(item.failures for item in items) == failures * (1 if by == "item" else 10)
    assert sorted(item.payload for item in items) == list(range(10))


def test_a_retry_takes_over_what_the_killed_try_had_in_hand(orders, run, ti):
    held = orders.drain(batch=4, claim_id=ti.path, incarnation=ti.id).batches()
    killed = next(held)
    ti.is_tried_again()
    seen = []
    run(noting(seen), batch=4)
    assert seen == list(range(10))
    with pytest.raises(ClaimLost):
        killed.ack()
    held.close()
    assert orders.stats().acked == 10


@pytest.mark.parametrize("by", ["item", "batch"])
def test_a_try_that_was_overtaken_ends_and_settles_nothing_more(orders, run, ti, by):
    def work(_):
        orders.claim(10, claim_id=ti.path, incarnation="01999999-ffff")

    with pytest.raises((ClaimLost, Superseded)):
        run(work, by=by, batch=5)
    assert (orders.stats().acked, orders.stats().claimed) == (0, 5)
    orders.claim(10, claim_id=ti.path, incarnation="01999999-ffff").ack()


def test_a_loss_that_the_function_notices_ends_the_drain(orders, run, ti):
    worked = []

    def work(number, claim):
        worked.append(number)
        orders.claim(10, claim_id=ti.path, incarnation="01999999-ffff")
        claim.renew()
        raise ClaimLost("lost", queue="orders", claim_id=ti.path, generation=claim.generation)

    with pytest.raises(ClaimLost, match=r"^lost$"):
        run(work, by="item", fail="never")
    assert worked == [0]
    orders.claim(10, claim_id=ti.path, incarnation="01999999-ffff").ack()
