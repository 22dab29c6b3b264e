"""The same function on every item: by tasks that drain a queue, and by a mapped task for each."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

DRAINS = [1, 2, 3, 4]


def price(order: dict) -> float:
    return order["total"] * sum(line["qty"] for line in order["items"])


@dag(schedule=None)
def drained() -> None:
    @task.drain(queue="{{ dag_run.conf.queue }}", forward_to="{{ dag_run.conf.queue }}-priced")
    def work(order: dict, slot: int) -> float:  # noqa: ARG001 - one task for each slot
        return price(order)

    work.expand(slot=DRAINS)


@dag(schedule=None)
def mapped() -> None:
    @task
    def list_orders(*, dag_run: Any = None) -> list[dict]:
        return [dag_run.conf["order"]] * dag_run.conf["items"]

    @task
    def work(order: dict) -> float:
        return price(order)

    work.expand(order=list_orders())


drained()
mapped()
