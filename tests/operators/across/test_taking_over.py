"""Items that one task claims and others work on: whose each is, and what becomes of it."""

from __future__ import annotations

import json

import pytest
from airflow.sdk import DAG

from redis_xcom import ClaimLost
from redis_xcom.airflow import listener
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.errors import BadArgument
from redis_xcom.operators import ClaimFromQueueOperator, ReleaseClaimOperator
from redis_xcom.operators.decorators.claimed import claimed_task
from tests.operators.across.handing import TRIES, FailedForGood, context, settle, work


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
