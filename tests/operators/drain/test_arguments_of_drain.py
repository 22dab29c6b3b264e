"""What a draining task is before it runs."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG, task

from redis_xcom.errors import BadArgument
from tests.operators.working import draining

pytestmark = pytest.mark.usefixtures("logs")


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
        draining(lambda order: None, decorated=arguments)


def test_options_may_be_templates():
    made = draining(lambda order: None, decorated={"max_items": "{{ params.most }}"})
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


def test_all_other_arguments_are_the_authors_own(orders, ti):
    seen = []
    made = draining(
        lambda number, table, *, run_id, factor=1: seen.append((table, run_id, number * factor)),
        "sales",
        factor=3,
    )
    made.execute({"ti": ti, "run_id": "manual__1"})
    assert seen[:2] == [("sales", "manual__1", 0), ("sales", "manual__1", 3)]
