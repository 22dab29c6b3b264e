"""Functions that are handed items, before any task runs."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG, task

from redis_xcom.errors import BadArgument
from redis_xcom.operators.decorators.claim import claim_task
from tests.operators.working import claiming

pytestmark = pytest.mark.usefixtures("logs")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda: None, "needs a first parameter"),
        (lambda *, items: None, "needs a first parameter"),
        (lambda ti: None, "ti is a name of Airflow's context"),
    ],
)
def test_a_function_that_cannot_take_items_is_refused_when_the_dag_is_parsed(function, words):
    with pytest.raises(BadArgument, match=words):
        claim_task(queue="orders")(function)


def test_neither_a_coroutine_nor_a_generator_can_be_worked():
    async def later(items): ...

    def some(items):
        yield items

    for function in (later, some):
        with pytest.raises(BadArgument, match=r"@task\.claim: \w+ must be a plain function"):
            claim_task(queue="orders")(function)


@pytest.mark.parametrize("name", ["items", "claim"])
def test_what_the_queue_fills_cannot_be_given(name):
    with pytest.raises(BadArgument, match=f"parameter {name} is filled from the queue"):
        claiming(lambda items, claim: None, **{name: 1})


def test_other_arguments_are_checked_when_the_dag_is_parsed():
    with pytest.raises(TypeError, match="table"):
        claiming(lambda items, table: None)


def test_a_queue_must_be_named():
    with pytest.raises(TypeError, match="missing keyword argument 'queue'"):
        claim_task()(lambda items: None)()


def test_airflow_finds_it_as_task_claim():
    with DAG("shop", schedule=None):

        @task.claim(queue="orders", retries=3)
        def load(order): ...

        made = load().operator
    assert (made.task_id, made.queue_name, made.queue, made.retries) == (
        "load",
        "orders",
        "default",
        3,
    )


def test_mapped_or_overridden_it_never_chooses_celery_workers():
    with DAG("shop", schedule=None):

        @claim_task(queue="orders", limit=5)
        def load(items, region): ...

        mapped = load.expand(region=["north", "south"]).operator
        other = load.override(task_id="more", queue="returns").expand(region=["east"]).operator
        plain = load.override(task_id="plain", queue="returns")("west").operator
    assert (mapped.queue, other.queue, plain.queue) == ("default",) * 3
    one = mapped.unmap({"op_kwargs": {"region": "south"}})
    assert (one.queue_name, one.queue, one.op_kwargs) == ("orders", "default", {"region": "south"})
    assert other.unmap({"op_kwargs": {"region": "east"}}).queue_name == "returns"
    assert plain.queue_name == "returns"


def test_default_args_and_queue_name_choose_celery_workers_as_ever():
    with DAG("shop", schedule=None, default_args={"queue": "gpu"}):

        @claim_task(queue="orders")
        def load(item, region=None): ...

        @claim_task(queue_name="orders", queue="cpu")
        def store(item, region=None): ...

        plain, mapped = load().operator, load.expand(region=[1]).operator
        stored, many = store().operator, store.expand(region=[1]).operator
    assert (plain.queue, mapped.queue) == ("gpu", "gpu")
    assert (stored.queue, many.queue) == ("cpu", "cpu")
    for mapping in (mapped, many):
        one = mapping.unmap({"op_kwargs": {"region": 1}})
        assert (one.queue_name, one.queue) == ("orders", mapping.queue)


def test_partial_arguments_join_the_mapped_ones(orders, ti):
    with DAG("shop", schedule=None):

        @claim_task(queue="orders", limit=2)
        def load(items, table, region):
            return len(items), table, region

        mapped = load.partial(table="sales").expand(region=["north", "south"]).operator
    orders.push_many([1, 2])
    one = mapped.unmap({"op_kwargs": {"region": "south"}})
    assert one.execute({"ti": ti}) == (2, "sales", "south")
