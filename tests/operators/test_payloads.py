"""Payloads as a rendered field: the task sees all of them, whoever looks sees how many."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG

from redis_xcom.errors import BadArgument
from redis_xcom.operators import PushToQueueOperator
from redis_xcom.operators.payloads import Payloads

MANY = [{"card": "4111", "order": number} for number in range(5000)]


def rendered(**arguments):
    with DAG("shop", schedule=None):
        push = PushToQueueOperator(task_id="push", queue="{{ q }}", **arguments)
    push.render_template_fields({"q": "orders", "few": ["a"], "day": "20th"})
    return push


def test_rendered_payloads_are_shown_as_a_number():
    push = rendered(payloads=MANY)
    assert (push.queue_name, str(push.payloads)) == ("orders", "5,000 payloads")
    assert repr(push.payloads) == "5,000 payloads"
    assert list(push.payloads) == MANY


def test_templates_inside_of_payloads_are_rendered_as_ever():
    assert list(rendered(payloads=[{"day": "{{ day }}"}]).payloads) == [{"day": "20th"}]


def test_a_json_array_in_a_template_is_shown_as_a_number():
    push = rendered(payloads="{{ few | tojson }}")
    assert (list(push.payloads), str(push.payloads)) == (["a"], "1 payload")


def test_airflow_stores_the_number_alone():
    """Also for mapped tasks: it asks the task that was rendered for each of its fields."""
    runner = pytest.importorskip("airflow.sdk.execution_time.task_runner")
    assert (
        runner._serialize_rendered_fields(rendered(payloads=MANY))["payloads"] == "5,000 payloads"
    )


def test_none_are_none_in_number():
    assert str(rendered(payloads=[]).payloads) == "0 payloads"


@pytest.mark.parametrize("odd", ["{{ few }}", {"card": "4111"}])
def test_what_is_no_list_is_refused_without_being_told(odd):
    with pytest.raises(BadArgument) as refused:
        rendered(payloads=odd)
    assert "4111" not in str(refused.value)


def test_places_and_slices_are_those_of_the_list():
    payloads = Payloads((1, 2, 3))
    assert (payloads[0], payloads[1:], len(payloads)) == (1, [2, 3], 3)
