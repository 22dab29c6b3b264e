"""`@task.drain` item by item: what becomes of each."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from redis_xcom import Queue
from redis_xcom.operators.decorators import progress
from redis_xcom.operators.decorators.drain import drain_task
from redis_xcom.operators.decorators.failing import Failing
from tests.operators.working import draining, noting, odd_ones_fail, payloads

pytestmark = pytest.mark.usefixtures("logs")


def test_every_item_is_worked_once_and_acked(orders, run):
    seen = []
    told = run(noting(seen), batch=4)
    assert seen == list(range(10))
    assert (told["queue"], told["claimed"], told["done"], told["failed"]) == ("orders", 10, 10, 0)
    assert told["rate"] == pytest.approx(told["done"] / told["seconds"], rel=0.5)
    assert (orders.stats().acked, orders.stats().total) == (10, 0)


def test_an_empty_queue_is_no_failure(orders, run):
    orders.purge()
    assert run(odd_ones_fail)["claimed"] == 0


def test_a_failing_item_is_released_for_later_and_stops_no_other(orders, run):
    told = run(odd_ones_fail, batch=4)
    stats = orders.stats()
    assert (told["done"], told["failed"]) == (5, 5)
    assert (stats.acked, stats.delayed, stats.claimed) == (5, 5, 0)


def test_it_may_be_rejected_instead_with_its_reason(orders, run):
    told = run(odd_ones_fail, on_error="reject")
    assert (told["done"], told["failed"], told["rejected"]) == (5, 5, 5)
    assert {letter.reason for letter in orders.dead(10)} == {"ValueError: odd"}


def test_or_the_task_fails_at_once_and_what_is_done_stays_done(orders, run):
    with pytest.raises(ValueError, match="odd"):
        run(odd_ones_fail, on_error="raise")
    assert orders.stats().acked == 1
    assert payloads(orders) == [2, 3, 4, 5, 6, 7, 8, 9, 1]
    assert [item.failures for item in orders.peek(10)] == [0] * 8 + [1]


@pytest.mark.parametrize(
    ("failures", "least", "most"), [(0, 5, 10), (1, 10, 20), (3, 40, 80), (9, 150, 300)]
)
def test_the_delay_grows_with_the_failures_up_to_a_bound(failures, least, most):
    failing = Failing("release", timedelta(seconds=10), timedelta(minutes=5))
    delays = [failing.delay(failures).total_seconds() for _ in range(200)]
    assert least <= min(delays) < (least + most) / 2 < max(delays) <= most


def test_a_failed_item_comes_again_once_its_delay_is_over(orders, run):
    def work(number, item):
        if item.failures < 2:
            raise ValueError("not yet")

    orders.purge()
    orders.push("late")
    told = run(work, backoff=0.01, idle=2, max_items=3)
    assert (told["failed"], told["done"]) == (2, 1)


def test_results_go_to_another_queue_with_the_ack(orders, run):
    told = run(odd_ones_fail, forward_to="results", batch=3)
    assert payloads(Queue("results", client=orders._client)) == [0, 20, 40, 60, 80]
    assert told["forwarded"] == 5


def test_a_result_that_json_cannot_hold_is_the_items_failure(orders, run):
    told = run(lambda number: {number} if number else None, forward_to="results", on_error="reject")
    assert (told["done"], told["rejected"], told["forwarded"]) == (1, 9, 0)
    assert "a set" in orders.dead()[0].reason


def test_the_function_may_ask_for_the_item_and_its_claim(orders, run):
    def work(number, item, claim):
        assert item.payload == number
        assert claim.holds(item)
        assert claim.generation > 0
        if number == 3:
            claim.reject(item, reason="by hand")

    told = run(work, batch=5)
    assert (told["done"], told["failed"]) == (10, 0)
    assert (orders.stats().acked, orders.stats().dead) == (9, 1)


def test_an_item_that_was_settled_before_the_work_failed_stays_settled(orders, run):
    def work(number, item, claim):
        claim.ack(item)
        raise ValueError("too late")

    assert run(work, fail="never")["failed"] == 10
    assert (orders.stats().acked, orders.stats().total) == (10, 0)


def test_two_drains_share_a_queue_without_a_plan(orders, ti, redis_default):
    seen, meet = [], threading.Barrier(2, timeout=10)

    def work(number):
        if number in {0, 1}:
            meet.wait()
        seen.append(number)

    def other():
        for item in orders.drain(batch=1):
            work(item.payload)

    beside = threading.Thread(target=other)
    beside.start()
    told = draining(work, decorated={"batch": 1}).execute({"ti": ti})
    beside.join()
    assert sorted(seen) == list(range(10))
    assert 0 < told["done"] < 10


@pytest.mark.parametrize("by", ["item", "batch"])
def test_several_queues_are_worked_in_the_order_of_their_urgency(
    orders, ti, by, logs, monkeypatch, eventually
):
    monkeypatch.setattr(progress, "EVERY", 0.01)
    urgent, seen = Queue("urgent", client=orders._client), []
    urgent.push_many(["a", "b", "c"])

    def work(payload, claim):
        eventually(lambda: " remain in queue urgent, orders" in logs.text, "progress")
        seen.extend(payload if by == "batch" else [payload])
        if payload in ("c", ["c"]):
            raise ValueError("planted")
        if 3 in seen and "d" not in seen:
            urgent.push("d")

    made = drain_task(queue=["urgent", "orders"], by=by, batch=2, forward_to="results")(work)
    told = made().operator.execute({"ti": ti})
    assert seen == ["a", "b", "c", 0, 1, 2, 3, "d", 4, 5, 6, 7, 8, 9]
    assert (told["queue"], told["done"], told["failed"]) == (["urgent", "orders"], 13, 1)
    assert (urgent.stats().acked, urgent.stats().delayed, orders.stats().acked) == (3, 1, 10)
