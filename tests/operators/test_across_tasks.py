"""Items that one task claims and others work on or settle, without an Airflow around them."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from redis_xcom import ClaimLost, Queue
from redis_xcom.airflow import held, listener
from redis_xcom.airflow.compat import fail_for_good
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.errors import BadArgument
from redis_xcom.operators import (
    AckClaimOperator,
    ClaimFromQueueOperator,
    ReleaseClaimOperator,
)
from redis_xcom.operators.decorators.claimed import claimed_task

FailedForGood = type(fail_for_good(""))
TRIES = ["0199-0001", "0199-0002", "0199-0003"]


class RuntimeTaskInstance(SimpleNamespace):
    """As much of Airflow's as the operators and the listener look at."""

    def get_task_states(self, **_which):
        return {self.run_id: {self.task_id: self.state}}

    def get_dr_count(self, **_which):
        return 1

    def xcom_push(self, key, value):
        self.pushed = {key: value}


def context(task_id="claim", *, attempt=1, index=-1, conf=None):
    ti = RuntimeTaskInstance(
        id=TRIES[attempt - 1],
        dag_id="shop",
        run_id="manual__1",
        task_id=task_id,
        map_index=index,
        try_number=attempt,
        state="success",
        task=SimpleNamespace(
            retry_delay=timedelta(0), retry_exponential_backoff=0, max_retry_delay=None
        ),
    )
    return {"ti": ti, "dag_run": SimpleNamespace(conf=conf)}


@pytest.fixture
def orders(server, client, monkeypatch):
    """A queue of three payloads behind the connection `redis_default`."""
    address = str(server.socket).replace("/", "%2F")
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{address}")
    queue = Queue("orders", client=client)
    queue.push_many(["a", "b", "c"])
    yield queue
    for attempt in TRIES:
        for left in held.take(attempt):
            left.claim.stop_keep_alive()
            left.client.close()


@pytest.fixture
def claim(orders):
    """What a task has claimed for others: all of the queue, and a handle for each item."""
    told = context()
    operator = ClaimFromQueueOperator(
        task_id="claim", queue="orders", ack="manual", returns="handles"
    )
    handles = operator.execute(told)
    return SimpleNamespace(items=handles, whole=told["ti"].pushed["claim"])


def work(seen, **options):
    """A task that notes what it is given, as the operator that a decorated function becomes."""

    def note(order):
        seen.append(order)

    return lambda *args, **named: claimed_task(note, **options)(*args, **named).operator


@pytest.fixture
def run(orders):
    """`run(item, "success")` is the life of one try of a mapped task, up to how it ended."""

    def run_one(handle, ending, *, seen=None, error=None, **where):
        told = context("work", **where)
        with DAG("shop", schedule=None):
            operator = work([] if seen is None else seen)(handle)
        told["ti"].state = ending
        value = operator.execute(told)
        if ending == "success":
            listener.on_task_instance_success(told["ti"])
        elif ending == "skipped":
            listener.on_task_instance_skipped(told["ti"])
        elif ending != "killed":
            listener.on_task_instance_failed(told["ti"], error or RuntimeError("planted"))
        return value

    return run_one


def settle(operator, claim, **options):
    operator(task_id="settle", claim=claim, **options).execute(context("settle"))


def test_a_handle_is_small_plain_json_without_a_payload(claim):
    first = claim.items[0]
    assert json.loads(json.dumps(claim.items)) == claim.items
    assert set(first) == {
        *("queue", "prefix", "tag", "redis_conn_id"),
        *("claim_id", "incarnation", "generation", "place", "item"),
    }
    assert first["claim_id"] == "shop/manual__1//claim"
    assert '"a"' not in json.dumps(first)


def test_only_what_stays_claimed_has_handles():
    with pytest.raises(BadArgument, match='needs ack="manual"'):
        ClaimFromQueueOperator(task_id="claim", queue="orders", returns="handles")


def test_a_task_works_on_its_own_item_and_acks_it_alone(orders, claim, run):
    seen = []
    run(claim.items[1], "success", seen=seen, index=1)
    assert seen == ["b"]
    assert (orders.stats().acked, orders.stats().claimed) == (1, 2)


def test_a_retry_works_on_the_very_same_item(orders, claim, run):
    seen = []
    run(claim.items[0], "up_for_retry", seen=seen, index=0)
    run(claim.items[0], "success", seen=seen, index=0, attempt=2)
    assert seen == ["a", "a"]
    assert (orders.stats().acked, orders.stats().released) == (1, 0)


def test_a_retry_fences_the_try_that_was_left_behind(orders, claim, run):
    first = context("work", index=0)
    with DAG("shop", schedule=None):
        work([])(claim.items[0]).execute(first)
    run(claim.items[0], "killed", index=0, attempt=2)
    listener.on_task_instance_success(first["ti"])
    assert (orders.stats().acked, orders.stats().claimed) == (0, 3)


@pytest.mark.parametrize(("ending", "failures"), [("failed", 1), ("skipped", 0)])
def test_a_task_that_fails_for_good_or_is_skipped_gives_its_item_back(
    orders, claim, run, ending, failures
):
    run(claim.items[2], ending, index=2)
    [back] = orders.peek()
    assert back.payload == "c"
    assert orders.stats().claimed == 2


@pytest.mark.parametrize(("state", "ready"), [("up_for_retry", 0), ("queued", 0), ("failed", 1)])
def test_a_task_that_airflow_ends_keeps_its_item_if_it_is_tried_again(
    orders, claim, run, state, ready
):
    """Another claim could not give its next try this very item."""
    run(claim.items[0], state, error=TaskEnded("planted"), index=0)
    assert orders.stats().ready == ready


def test_a_task_whose_item_is_gone_does_nothing_and_is_not_tried_again(orders, claim, run):
    settle(ReleaseClaimOperator, claim.whole)
    seen = []
    with pytest.raises(FailedForGood, match="Nothing was done"):
        run(claim.items[0], "success", seen=seen)
    assert seen == []
    assert orders.stats().ready == 3


def test_an_item_that_was_acked_is_not_worked_on_when_its_task_is_cleared(orders, claim, run):
    run(claim.items[0], "success", index=0)
    seen = []
    with pytest.raises(FailedForGood, match="Nothing was done"):
        run(claim.items[0], "success", seen=seen, index=0, attempt=2)
    assert seen == []


def test_lists_of_handles_become_lists_of_payloads_and_other_arguments_stay(orders, claim):
    seen = {}

    def note(orders, rest, day, claim, *, lines):
        seen.update(orders=orders, rest=rest, day=day, held=claim.held, lines=list(lines))
        return len(orders)

    told = context("work")
    with DAG("shop", schedule=None):
        operator = claimed_task(note)(
            claim.items[1:], claim.items[0], day="monday", lines=None
        ).operator
    operator.op_kwargs["lines"] = iter("xy")  # nobody else may have looked into it
    assert operator.execute(told) == 2
    assert seen == {"orders": ["b", "c"], "rest": "a", "day": "monday", "held": 3, "lines": [*"xy"]}
    assert told["ti"].pushed["claim"]["claim_id"] == "shop/manual__1/work"


def test_a_task_that_loses_its_item_on_the_way_has_not_succeeded(orders, claim):
    def lose(order):
        orders.claim(0, claim_id="shop/manual__1/work", incarnation=TRIES[1])

    told = context("work")
    with DAG("shop", schedule=None):
        operator = claimed_task(lose)(claim.items[0]).operator
    with pytest.raises(ClaimLost):
        operator.execute(told)
    assert not hasattr(told["ti"], "pushed")


def test_a_retry_does_not_see_again_what_its_earlier_try_has_settled(orders, claim):
    seen = []

    def ship(orders, claim):
        seen.append(orders)
        claim.ack(claim.items[0])
        raise RuntimeError("planted")

    for attempt in (1, 2):
        told = context("work", attempt=attempt)
        told["ti"].state = "up_for_retry"
        with DAG("shop", schedule=None):
            operator = claimed_task(ship)(claim.items).operator
        with pytest.raises(RuntimeError, match="planted"):
            operator.execute(told)
        listener.on_task_instance_failed(told["ti"], RuntimeError("planted"))
    assert seen == [["a", "b", "c"], ["b", "c"]]
    assert (orders.stats().acked, orders.stats().claimed) == (2, 1)


def test_the_handle_of_a_claim_becomes_all_its_payloads(claim, run):
    seen = []
    run(claim.whole, "success", seen=seen)
    assert seen == [["a", "b", "c"]]


def test_a_task_takes_over_from_one_claim(claim, run):
    other = claim.items[1] | {"generation": 7}
    with pytest.raises(BadArgument, match="map over them"):
        run([claim.items[0], other], "success")


def test_what_a_task_was_handed_before_its_claim_was_cleared_goes_back(orders, claim, run):
    run(claim.items[0], "killed", index=0)
    seen = []
    run(claim.items[1], "success", seen=seen, index=0, attempt=2)
    assert seen == ["b"]
    assert [item.payload for item in orders.peek()] == ["a"]


def test_rendered_fields_never_hold_a_payload(claim):
    with DAG("shop", schedule=None):
        operator = work([])(claim.items[0])
    operator.execute(context("work"))
    assert operator.op_args == (claim.items[0],)


def test_acking_a_claim_acks_what_is_left_of_it(orders, claim, run):
    run(claim.items[0], "failed", index=0)
    settle(AckClaimOperator, claim.whole)
    assert (orders.stats().acked, orders.stats().ready, orders.stats().claimed) == (2, 1, 0)
    settle(AckClaimOperator, claim.whole)


def test_nothing_is_left_to_ack_where_each_item_had_a_task(orders, claim, run):
    for index, handle in enumerate(claim.items):
        run(handle, "success", index=index)
    settle(AckClaimOperator, claim.whole)
    assert orders.stats().acked == 3


def test_items_are_acked_by_their_handles(orders, claim):
    for _ in range(2):
        settle(AckClaimOperator, [claim.items[0], [claim.items[2]]])
    assert (orders.stats().acked, orders.stats().claimed) == (2, 1)


def test_what_went_back_before_it_was_acked_fails_the_acking_task(orders, claim):
    settle(ReleaseClaimOperator, claim.items[0])
    for _ in range(2):
        with pytest.raises(FailedForGood, match="in other hands"):
            settle(AckClaimOperator, claim.items)
    assert (orders.stats().acked, orders.stats().ready) == (2, 1)


def test_releasing_a_claim_gives_back_what_is_left_of_it(orders, claim):
    settle(AckClaimOperator, claim.items[0])
    for _ in range(2):
        settle(ReleaseClaimOperator, claim.whole)
    assert [item.payload for item in orders.peek()] == ["b", "c"]
    assert [item.failures for item in orders.peek()] == [0, 0]


def test_items_that_others_have_taken_over_keep_none_from_going_back(orders, claim, run):
    run(claim.items[1], "killed", index=1)
    settle(ReleaseClaimOperator, claim.items)
    assert {item.payload for item in orders.peek()} == {"a", "c"}
    assert orders.stats().claimed == 1


def test_items_go_back_with_a_delay_or_a_failure(orders, claim):
    settle(ReleaseClaimOperator, claim.items[0], delay="60")
    settle(ReleaseClaimOperator, claim.items[1], reason="the shop is closed")
    assert (orders.stats().delayed, orders.peek()[0].failures) == (1, 1)


def test_nothing_is_settled_where_nothing_was_claimed(orders):
    settle(AckClaimOperator, None)
    settle(ReleaseClaimOperator, [])


@pytest.mark.parametrize("odd", ["not JSON", 7, {"queue": "orders"}, [{"claim_id": "c"}]])
def test_what_is_no_handle_is_named_so(odd):
    with pytest.raises(BadArgument, match=r"no handle|not a handle"):
        settle(AckClaimOperator, odd)


def test_settling_is_what_a_teardown_does():
    with DAG("shop", schedule=None):
        claim = ClaimFromQueueOperator(task_id="claim", queue="orders", ack="manual")
        release = ReleaseClaimOperator(task_id="release", claim=claim.handle)
        release.as_teardown(setups=claim)
    assert release.is_teardown
    assert claim.is_setup
    assert release.upstream_task_ids == {"claim"}


def test_a_claim_for_the_run_lasts_no_longer_than_it_may(orders):
    operator = ClaimFromQueueOperator(task_id="claim", queue="orders", ack="manual", hold=3600)
    operator.execute(context())
    [claim] = orders.silent(timedelta(0))
    assert claim.lease == timedelta(hours=1)


def test_older_handles_are_fenced_once_the_claiming_task_claims_again(orders, claim):
    ClaimFromQueueOperator(
        task_id="claim", queue="orders", ack="manual", returns="handles"
    ).execute(context(attempt=2))
    handle = claim.items[0]
    with pytest.raises(ClaimLost):
        orders.handle(handle["claim_id"], handle["generation"]).ack(handle["place"])
