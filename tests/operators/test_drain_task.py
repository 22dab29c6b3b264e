"""`@task.drain` at work on a real server, without an Airflow around it."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG, task

from redis_xcom import ClaimLost, Queue, Superseded
from redis_xcom.airflow import compat, fate
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.errors import BadArgument
from redis_xcom.operators.decorators import progress, working
from redis_xcom.operators.decorators.drain import drain_task
from redis_xcom.operators.decorators.failing import FailedItems, Failing

AirflowFailException = compat._error("AirflowFailException")
AirflowSkipException = compat._error("AirflowSkipException")

pytestmark = pytest.mark.usefixtures("logs")


@pytest.fixture
def orders(orders):
    orders.push_many(range(10))
    return orders


def operator(function, *args, decorated=None, **kwargs):
    """The operator of a function that is decorated so and called with these arguments."""
    made = drain_task(queue="orders", task_id="work", **(decorated or {}))(function)
    return made(*args, **kwargs).operator


@pytest.fixture
def run(ti):
    """`run(function, batch=3, …)` drains in this task instance's name."""

    def run(function, **decorated):
        return operator(function, decorated=decorated).execute({"ti": ti, "run_id": "manual__1"})

    return run


def odd_ones_fail(number):
    if number % 2:
        raise ValueError("odd")
    return number * 10


def noting(seen):
    def note(payload):
        seen.append(payload)

    return note


def payloads(queue):
    return [item.payload for item in queue.peek(100)]


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


def test_all_other_arguments_are_the_authors_own(orders, ti):
    seen = []
    made = operator(
        lambda number, table, *, run_id, factor=1: seen.append((table, run_id, number * factor)),
        "sales",
        factor=3,
    )
    made.execute({"ti": ti, "run_id": "manual__1"})
    assert seen[:2] == [("sales", "manual__1", 0), ("sales", "manual__1", 3)]


def test_batch_by_batch_the_function_gets_lists(orders, run):
    seen = []
    told = run(noting(seen), by="batch", batch=4)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert told["done"] == 10


def test_a_batch_that_raises_goes_back_whole_and_the_others_go_on(orders, run):
    def work(numbers):
        if 5 in numbers:
            raise ValueError("a bad one")

    told = run(work, by="batch", batch=4)
    assert (told["done"], told["failed"]) == (6, 4)
    assert (orders.stats().acked, orders.stats().delayed) == (6, 4)


def test_the_function_may_name_what_has_failed_of_a_batch(orders, run):
    def work(numbers):
        raise FailedItems({1: "bad address", 3: "no stock"}, results=[n * 10 for n in numbers[:1]])

    told = run(work, by="batch", batch=5, on_error="reject", forward_to="results")
    assert (told["done"], told["failed"], told["rejected"]) == (6, 4, 4)
    assert [(d.item.payload, d.reason) for d in orders.dead(4)] == [
        (1, "bad address"),
        (3, "no stock"),
        (6, "bad address"),
        (8, "no stock"),
    ]
    assert payloads(Queue("results", client=orders._client)) == [0, 50]


def test_places_alone_will_do(orders, run):
    def work(numbers):
        raise FailedItems([0, 9])

    assert run(work, by="batch")["failed"] == 2
    assert (orders.stats().acked, orders.stats().delayed) == (8, 2)


def test_a_place_that_is_none_fails_the_batch(orders, run):
    def work(numbers):
        raise FailedItems([10])

    with pytest.raises(RuntimeError, match="10 of 10"):
        run(work, by="batch")
    assert (orders.stats().acked, orders.stats().delayed) == (0, 10)


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
    told = operator(work, decorated={"batch": 1}).execute({"ti": ti})
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


def test_progress_is_told_while_a_single_item_takes_long(
    orders, run, logs, monkeypatch, eventually
):
    monkeypatch.setattr(progress, "EVERY", 0.01)

    def work(number):
        if number == 5:
            eventually(lambda: "5 done, 0 failed" in logs.text, "progress")
            orders.claim(2).ack()
            eventually(lambda: " remain in queue orders, done in 0:00:00" in logs.text, "an eta")

    run(work, batch=6)
    assert "2 remain in queue orders, no end in sight" in logs.text
    assert "Drained: queue orders, claimed 8, done 8" in logs.text


def test_progress_ends_with_its_drain(orders, run):
    before = set(threading.enumerate())
    run(lambda number: None)
    for thread in set(threading.enumerate()) - before:
        if thread.name == "redis-xcom-progress":
            thread.join(5)
            assert not thread.is_alive()


def test_no_log_line_holds_a_payload(orders, run, logs):
    orders.push({"card": "4111"})
    run(lambda payload: 1 / 0, fail="never", by="batch")
    assert "11 items failed: ZeroDivisionError" in logs.text
    assert "4111" not in logs.text


def test_only_the_first_failures_are_traced(orders, run, logs):
    run(odd_ones_fail)
    assert logs.text.count("Traceback") == 3
    assert logs.text.count("1 items failed: ValueError") == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"by": "dozen"}, "choose one of item, batch"),
        ({"on_error": "explode"}, "choose one of release, reject, raise"),
        ({"fail": "sometimes"}, "choose one of all, any, never"),
        ({"limit": 5}, "has no limit: it has batch and max_items"),
        ({"wait": 5}, "has no wait: it has idle"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_dag_is_parsed(arguments, words):
    with pytest.raises(BadArgument, match=words):
        operator(lambda order: None, decorated=arguments)


def test_a_batch_has_no_single_item():
    with pytest.raises(BadArgument, match="with by='batch' there is none"):
        operator(lambda orders, item: None, decorated={"by": "batch"})


def test_options_may_be_templates():
    made = operator(lambda order: None, decorated={"max_items": "{{ params.most }}"})
    assert made.max_items == "{{ params.most }}"
    assert {"queue_name", "batch", "max_seconds", "idle", "forward_to"} <= set(made.template_fields)
    assert not {"limit", "wait"} & set(made.template_fields)


def test_airflow_finds_it_as_task_drain():
    with DAG("shop", schedule=None):

        @task.drain(queue="orders", retries=3)
        def work(order, slot=0): ...

        made, mapped = work().operator, work.expand(slot=[1, 2]).operator
    assert (made.task_id, made.queue_name, made.retries) == ("work", "orders", 3)
    assert mapped.unmap({"op_kwargs": {"slot": 1}}).queue_name == "orders"
