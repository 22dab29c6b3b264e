"""Functions that work what a queue hands them; the queue is named by the run's conf."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

from airflow.sdk import dag, task

QUEUE = "{{ dag_run.conf.queue }}"
TWO_TRIES = {"retries": 1, "retry_delay": timedelta(seconds=1)}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


@dag(schedule=None)
def task_claim():
    @task.claim(queue=QUEUE, limit=3, multiple_outputs=True, **TWO_TRIES)
    def load(orders, claim, table, *, ti):
        if ti.try_number == 1:
            raise ValueError("planted")
        failures = [item.failures for item in claim.items]
        return {"orders": orders, "failures": failures, "table": table}

    @task
    def count(orders):
        return len(orders)

    count(load(table="{{ dag_run.conf.table }}")["orders"])


@dag(schedule=None)
def task_claim_mapped():
    @task.claim(queue=QUEUE)
    def work(order, table, region):
        return [order, table, region]

    work.partial(table="sales").expand(region=["north", "south", "west"])


@dag(schedule=None)
def task_claim_killed():
    @task.claim(queue=QUEUE, limit=3, **TWO_TRIES)
    def load(orders, *, ti):
        if ti.try_number == 1:
            die()
        return orders

    load()


@dag(schedule=None)
def task_drain():
    @task.drain(queue=QUEUE, batch=10, on_error="reject", forward_to=f"{QUEUE}-results")
    def work(number, slot):
        if number % 10 == 3:
            raise ValueError(f"slot {slot} cannot do it")
        return number * 2

    work.expand(slot=[1, 2])


@dag(schedule=None)
def task_drain_strict():
    @task.drain(queue=QUEUE, on_error="reject", fail="any")
    def work(number):
        return 1 / number

    work()


@dag(schedule=None)
def task_drain_killed():
    @task.drain(queue=QUEUE, batch=5, **TWO_TRIES)
    def work(number, item, *, ti):
        if ti.try_number == 1 and number == 7:
            die()

    work()


task_claim()
task_claim_mapped()
task_claim_killed()
task_drain()
task_drain_strict()
task_drain_killed()
