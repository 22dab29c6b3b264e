"""Items that one task claims and others acknowledge or give back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import DAG

from redis_xcom import ClaimLost
from redis_xcom.errors import BadArgument
from redis_xcom.operators import AckClaimOperator, ClaimFromQueueOperator, ReleaseClaimOperator
from tests.operators.across.handing import FailedForGood, context, settle


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
