"""The link from a task to its queue's page."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG, BaseOperator

from redis_xcom import operators
from redis_xcom.airflow.provider import get_provider_info
from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator
from redis_xcom.operators.links import QueueLink


def link(operator):
    return QueueLink().get_link(operator, ti_key=None)


def claim(queue="orders", **arguments):
    return ClaimFromQueueOperator(task_id="claim", queue=queue, **arguments)


@pytest.fixture(autouse=True)
def no_base_url(monkeypatch):
    monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        ({}, "/redis-xcom/queues/orders"),
        ({"prefix": "shop"}, "/redis-xcom/queues/orders?prefix=shop"),
        ({"redis_conn_id": "a b", "tag": "t"}, "/redis-xcom/queues/orders?redis_conn_id=a+b&tag=t"),
        ({"queue": "../x?y"}, "/redis-xcom/queues/..%2Fx%3Fy"),
    ],
)
def test_a_link_names_the_queue_and_what_is_unusual_about_it(arguments, address):
    assert link(claim(**arguments)) == address


def test_a_list_of_queues_has_one_page():
    operator = claim()
    operator.queue_name = ["urgent", "normal"]
    assert link(operator) == "/redis-xcom/queues/urgent,normal"


@pytest.mark.parametrize("base", ["https://air.example/flow", "https://air.example/flow/"])
def test_a_link_begins_where_the_ui_lies(monkeypatch, base):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert link(claim()) == "https://air.example/flow/redis-xcom/queues/orders"


def test_a_mapped_task_that_was_never_rendered_has_none():
    with DAG("shop", schedule=None):
        mapped = PushToQueueOperator.partial(task_id="push", queue="orders").expand(payloads=[[1]])
    assert link(mapped) == ""


def test_every_operator_has_the_link():
    exported = [getattr(operators, name) for name in operators.__all__]
    kinds = [found for found in exported if isinstance(found, type)]
    classes = [found for found in kinds if issubclass(found, BaseOperator)]
    assert ClaimFromQueueOperator in classes
    for found in classes:
        assert "Queue" in [link.name for link in found.operator_extra_links], found


def test_airflow_is_told_of_the_link():
    assert get_provider_info()["extra-links"] == ["redis_xcom.operators.links.QueueLink"]
