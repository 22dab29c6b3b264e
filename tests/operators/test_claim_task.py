"""`@task.claim` at work on a real server, without an Airflow around it."""

from __future__ import annotations

import threading

import pytest

from redis_xcom import ClaimLost, Queue
from redis_xcom.airflow import compat, held, listener
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.operators.decorators.claim import claim_task
from redis_xcom.operators.decorators.function import CLAIMED
from tests.operators.working import claiming

AirflowSkipException = compat._error("AirflowSkipException")
AirflowTaskTimeout = compat._error("AirflowTaskTimeout")
TaskDeferred = compat._error("TaskDeferred")

pytestmark = pytest.mark.usefixtures("logs")


@pytest.fixture
def orders(orders):
    orders.push_many([{"card": "4111"}, 2, 3])
    return orders


@pytest.fixture
def run(ti):
    def run(function, *args, decorated=None, **kwargs):
        made = claiming(function, *args, decorated=decorated, **kwargs)
        return made.execute({"ti": ti, "run_id": "manual__1"})

    return run


SOME = {"limit": 2}


def test_with_a_limit_the_function_gets_a_list(orders, run):
    assert run(lambda items: items, decorated=SOME) == [{"card": "4111"}, 2]
    assert orders.stats().claimed == 2


def test_without_a_limit_it_gets_one_payload(orders, run):
    assert run(lambda order: order["card"]) == "4111"


def test_all_other_arguments_are_the_authors_own(orders, run):
    def load(items, table, *, mode="append", run_id):
        return len(items), table, mode, run_id

    told = run(load, "sales", decorated=SOME, mode="replace")
    assert told == (2, "sales", "replace", "manual__1")


def test_a_parameter_named_claim_gets_the_claim(orders, run):
    def load(items, claim):
        assert items == claim.payloads
        return claim.claim_id, claim.generation > 0

    assert run(load, decorated=SOME) == ("shop/manual__1/work", True)


def test_the_first_parameter_may_be_the_claim(orders, run):
    assert run(lambda claim: claim.payloads, decorated=SOME) == [{"card": "4111"}, 2]


def test_the_items_are_acked_once_the_task_has_succeeded(orders, run, ti):
    run(lambda items: None, decorated=SOME)
    assert orders.stats().claimed == 2
    listener.on_task_instance_success(ti)
    assert (orders.stats().acked, orders.stats().total) == (2, 1)


def test_the_marker_is_pushed_when_the_function_has_returned(orders, run, ti):
    def load(items, claim):
        assert ti.pushed == {}
        return claim.generation

    assert run(load, decorated=SOME) == ti.pushed["claim"]["generation"]
    assert ti.pushed["claim"]["items"] == 2


@pytest.mark.parametrize(("value", "returns"), [(0, True), ({}, True), (None, False)])
def test_the_marker_says_whether_an_output_is_to_follow(orders, run, ti, value, returns):
    """Without it a success that somebody marked by hand would look like one of the work."""
    run(lambda items: value, decorated=SOME)
    assert ti.pushed["claim"]["returns"] is returns


def test_several_queues_are_claimed_from_in_the_order_of_their_urgency(orders, ti, redis_default):
    urgent = Queue("urgent", client=redis_default)
    urgent.push("now")
    load = claim_task(queue=["urgent", "orders"], task_id="work", limit=2)(lambda items: items)
    assert load().operator.execute({"ti": ti}) == ["now"]
    listener.on_task_instance_success(ti)
    assert (urgent.stats().acked, orders.stats().acked) == (1, 0)


def raising(error):
    def load(items):
        raise error

    return load


def test_a_function_that_raises_gives_its_items_back_at_once(orders, run, ti):
    with pytest.raises(KeyError):
        run(raising(KeyError("city")), decorated=SOME)
    items = orders.peek(3)
    assert [item.failures for item in items] == [0, 1, 1]
    ti.state = "up_for_retry"
    listener.on_task_instance_failed(ti, KeyError("city"))
    assert orders.stats().ready == 3


def test_the_reason_is_kept_when_an_item_dies_of_it(orders, run):
    with pytest.raises(KeyError):
        run(raising(KeyError("city")), decorated={"limit": 3, "max_deliveries": 1})
    assert {letter.reason for letter in orders.dead()} == {
        "delivered 1 times; last: KeyError: 'city'"
    }


def test_a_timeout_counts_as_a_failure(orders, run):
    with pytest.raises(AirflowTaskTimeout):
        run(raising(AirflowTaskTimeout()), decorated={"limit": 3})
    assert [item.failures for item in orders.peek(3)] == [1, 1, 1]


@pytest.mark.parametrize("error", [AirflowSkipException("not today"), TaskEnded("killed")])
def test_a_task_that_is_skipped_or_ended_gives_back_without_a_failure(orders, run, error):
    with pytest.raises(type(error)):
        run(raising(error), decorated={"limit": 3})
    assert [item.failures for item in orders.peek(3)] == [0, 0, 0]


def test_on_request_the_items_stay_with_the_retry(orders, run, ti):
    with pytest.raises(KeyError):
        run(raising(KeyError("city")), decorated={"limit": 2, "on_error": "keep"})
    ti.state = "up_for_retry"
    listener.on_task_instance_failed(ti, KeyError("city"))
    assert orders.stats().claimed == 2
    ti.is_tried_again()
    assert run(lambda items: items, decorated=SOME) == [{"card": "4111"}, 2]
    listener.on_task_instance_success(ti)


def test_a_deferred_task_keeps_its_items_and_finds_them_again(orders, run):
    deferred = TaskDeferred(trigger=None, method_name="execute")
    with pytest.raises(TaskDeferred):
        run(raising(deferred), decorated=SOME)
    assert orders.stats().claimed == 2
    assert run(lambda items: items, decorated=SOME) == [{"card": "4111"}, 2]
    assert orders.stats().claimed == 2


def take_over(queue):
    return queue.claim(3, claim_id="shop/manual__1/work", incarnation="0199ffff")


def test_a_claim_that_is_lost_on_the_way_fails_the_task(orders, run, ti):
    with pytest.raises(ClaimLost):
        run(lambda items: take_over(orders) and "done", decorated=SOME)
    assert ti.pushed == {}
    listener.on_task_instance_failed(ti, None)
    assert (orders.stats().claimed, orders.stats().acked) == (2, 0)
    take_over(orders).ack()


def test_a_loss_that_the_function_notices_is_nobodys_failure(orders, run):
    def load(items, claim):
        newer = take_over(orders)
        claim.renew()
        claim.check()
        newer.ack()

    with pytest.raises(ClaimLost):
        run(load, decorated=SOME)
    assert orders.stats().claimed == 2
    take_over(orders).ack()


def test_what_the_function_settles_by_itself_is_settled(orders, run, ti):
    def load(items, claim):
        claim.reject(claim.items[0], reason="stolen card")

    run(load, decorated=SOME)
    listener.on_task_instance_success(ti)
    stats = orders.stats()
    assert (stats.acked, stats.dead, stats.ready) == (1, 1, 1)


def test_a_function_that_has_settled_all_leaves_nothing_to_the_listener(orders, run, ti):
    run(lambda items, claim: claim.ack(), decorated=SOME)
    assert held.take(ti.id) == []
    assert ti.pushed == {}


def test_the_lease_is_renewed_while_the_function_runs(orders, run, eventually):
    def load(items, claim):
        before = orders.client_deadline()
        eventually(lambda: orders.client_deadline() > before, "a heartbeat")

    orders.client_deadline = lambda: orders._client.zrange(
        orders.keys.part("leases"), 0, 0, withscores=True
    )[0][1]
    run(load, decorated={"limit": 2, "lease": 1})


def test_an_empty_queue_skips_fails_or_returns_nothing(orders, run):
    orders.purge()
    called = threading.Event()
    with pytest.raises(AirflowSkipException):
        run(lambda items: called.set())
    with pytest.raises(RuntimeError, match="Nothing to claim in queue orders"):
        run(lambda items: called.set(), decorated={"on_empty": "fail"})
    assert run(lambda items: called.set(), decorated={"on_empty": "return"}) is None
    assert not called.is_set()


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        (lambda queue: queue.pause(), "which is paused"),
        (lambda queue: queue.limit(max_claimed=1) or queue.claim(), "as much is claimed as may be"),
    ],
    ids=["paused", "full"],
)
def test_why_nothing_can_be_claimed_of_what_is_there_is_told(orders, run, closed, why):
    orders.push_many([1, 2])
    closed(orders)
    with pytest.raises(RuntimeError, match=f"Nothing to claim in queue orders.*{why}"):
        run(lambda items: items, decorated={"on_empty": "fail"})


def test_rendered_fields_and_logs_hold_no_payload(orders, run, ti, logs):
    made = claiming(lambda items, claim: None, decorated=SOME)
    made.execute({"ti": ti})
    assert list(made.op_args) == [CLAIMED]
    assert made.op_kwargs == {"claim": CLAIMED}
    assert "Claimed: queue orders claim shop/manual__1/work generation" in logs.text
    assert "4111" not in logs.text
