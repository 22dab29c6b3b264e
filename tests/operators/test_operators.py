"""What the operators are before any task runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import DAG

from redis_xcom.errors import BadArgument
from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator


@pytest.mark.parametrize(
    "operator",
    [
        PushToQueueOperator(task_id="push", queue="{{ var.value.q }}", payloads="{{ x }}"),
        ClaimFromQueueOperator(
            task_id="claim", queue="{{ var.value.q }}", limit="{{ x }}", wait="{{ x }}"
        ),
    ],
)
def test_templated_arguments_stay_as_they_were_written(operator):
    written = [getattr(operator, name) for name in operator.template_fields]
    assert "{{ var.value.q }}" in written
    assert "{{ x }}" in written


@pytest.mark.parametrize("arguments", [{"on_empty": "explode"}, {"ack": "later"}])
def test_a_choice_that_is_none_is_refused_when_the_dag_is_parsed(arguments):
    with pytest.raises(BadArgument, match="choose one of"):
        ClaimFromQueueOperator(task_id="claim", queue="orders", **arguments)


def test_a_queue_must_be_named():
    with pytest.raises(TypeError, match="missing keyword argument 'queue'"):
        ClaimFromQueueOperator(task_id="claim")


def test_the_queue_in_redis_does_not_choose_celery_workers():
    """Airflow's own `queue` does: workers that listen to `orders` do not exist."""
    claim = ClaimFromQueueOperator(task_id="claim", queue="orders")
    assert (claim.queue_name, claim.queue) == ("orders", "default")


def test_a_mapped_claim_does_not_choose_celery_workers_either():
    with DAG("shop", schedule=None):
        claim = ClaimFromQueueOperator.partial(task_id="claim", queue="orders").expand(slot=[1, 2])
    assert claim.queue == "default"
    one = claim.unmap({"slot": 1})
    assert (one.queue_name, one.queue, one.slot) == ("orders", "default", 1)


def test_default_args_choose_celery_workers_as_ever():
    with DAG("shop", schedule=None, default_args={"queue": "gpu"}):
        plain = ClaimFromQueueOperator(task_id="claim", queue="orders")
        mapped = ClaimFromQueueOperator.partial(task_id="more", queue="orders").expand(slot=[1])
    assert (plain.queue_name, plain.queue) == ("orders", "gpu")
    assert (mapped.unmap({"slot": 1}).queue_name, mapped.queue) == ("orders", "gpu")


def test_queue_name_leaves_queue_to_airflow():
    with DAG("shop", schedule=None):
        plain = PushToQueueOperator(task_id="push", queue_name="orders", queue="gpu", payloads=[])
        mapped = PushToQueueOperator.partial(task_id="more", payloads=[]).expand(
            queue_name=["orders", "returns"]
        )
    assert (plain.queue_name, plain.queue) == ("orders", "gpu")
    assert mapped.unmap({"queue_name": "returns"}).queue_name == "returns"


def test_the_lease_outlasts_a_dead_worker_and_a_retry_delay():
    """Five minutes each by Airflow's defaults."""
    claim = ClaimFromQueueOperator(task_id="claim", queue="orders")
    assert claim.lease > timedelta(minutes=5) + claim.retry_delay
