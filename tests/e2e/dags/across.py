"""DAGs whose tasks hand items to each other, or to other runs, and die at the worst moment."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

from airflow.sdk import dag, get_current_context, task

from redis_xcom.airflow import runs
from redis_xcom.airflow.compat import fail_for_good
from redis_xcom.operators import (
    ClaimFromQueueOperator,
    ReleaseClaimOperator,
    TriggerDagRunPerItemOperator,
)

QUEUE = "{{ dag_run.conf.queue }}"
TWO_TRIES = {"retries": 1, "retry_delay": timedelta(seconds=1)}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_the_second_run(context):
    """On the first try: its item is handed over by then, to a run that nobody will ever create."""
    create, begun = runs.create_run, []

    def create_or_die(*args):
        begun.append(args)
        return create(*args) if len(begun) == 1 else die()

    if context["ti"].try_number == 1:
        runs.create_run = create_or_die


@task.claimed(**TWO_TRIES)
def work(item):
    if item == "bad":
        raise fail_for_good("planted")
    if item == "deadly" and get_current_context()["ti"].try_number == 1:
        die()
    return item


@dag(schedule=None)
def each_its_own():
    claim = ClaimFromQueueOperator(
        task_id="claim", queue=QUEUE, limit=10, ack="manual", returns="handles"
    )
    release = ReleaseClaimOperator(task_id="release", claim=claim.handle)
    work.expand(item=claim.output) >> release.as_teardown(setups=claim)


@dag(schedule=None)
def start_runs():
    TriggerDagRunPerItemOperator(
        task_id="start",
        queue=QUEUE,
        trigger_dag_id="started_run",
        pre_execute=die_before_the_second_run,
        **TWO_TRIES,
    )


@dag(schedule=None)
def started_run():
    work()


each_its_own()
start_runs()
started_run()
