"""DAGs whose queue is named by the run's conf, so that every test has one of its own."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task
from waiting import wait_until  # a copy of lab/waiting.py: the checkout is on no task's path

from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator

QUEUE = "{{ dag_run.conf.queue }}"
TWO_TRIES = {"retries": 1, "retry_delay": timedelta(seconds=1)}


def killed_on_first_try(context, result=None):
    """Stand for the worst moment: the claim or push is made, and nobody knows of it yet."""
    if context["ti"].try_number == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def raise_on_first_try(context, result=None):
    if context["ti"].try_number == 1:
        raise RuntimeError("planted")


def raise_always(context, result=None):
    raise RuntimeError("planted")


def raise_in_the_first_slot(context, result=None):
    if context["ti"].map_index == 0:
        raise RuntimeError("planted")


def wait_at_gate_on_first_try(context, result=None):
    """Stay until the test, which sees `gate.here`, has made `gate.open`."""
    if context["ti"].try_number == 1:
        gate = Path(context["dag_run"].conf["gate"])
        gate.with_suffix(".here").write_text(str(os.getpid()))
        wait_until(gate.with_suffix(".open").exists, "the gate to open", timeout=60)


@task
def process(item):
    return item


@dag(schedule=None)
def pipeline():
    push = PushToQueueOperator(
        task_id="push", queue=QUEUE, payloads="{{ dag_run.conf.payloads | tojson }}"
    )
    claim = ClaimFromQueueOperator(task_id="claim", queue=QUEUE, limit=50)
    push >> claim
    process.expand(item=claim.output)


@dag(schedule=None)
def claim_and_process():
    claim = ClaimFromQueueOperator(
        task_id="claim", queue=QUEUE, limit="{{ dag_run.conf.limit }}", wait=5
    )
    process.expand(item=claim.output)


def claiming(name, **arguments):
    """A DAG of a single claim of up to ten items."""

    @dag(dag_id=name, schedule=None)
    def build():
        ClaimFromQueueOperator(task_id="claim", queue=QUEUE, limit=10, **arguments)

    return build()


@dag(schedule=None)
def slots():
    claim = ClaimFromQueueOperator.partial(
        task_id="claim", queue=QUEUE, limit=10, on_empty="return"
    ).expand(slot=[1, 2, 3])
    process.expand(item=claim.output)


@dag(schedule=None)
def slots_but_one():
    claim = ClaimFromQueueOperator.partial(
        task_id="claim", queue=QUEUE, limit=5, post_execute=raise_in_the_first_slot
    ).expand(slot=[1, 2])
    process.override(trigger_rule="all_done").expand(item=claim.output)


@dag(schedule=None)
def on_empty():
    for choice in ("skip", "fail", "return"):
        ClaimFromQueueOperator(task_id=choice, queue=QUEUE, on_empty=choice)


@dag(schedule=None)
def push_killed():
    PushToQueueOperator(
        task_id="push",
        queue=QUEUE,
        payloads=[{"order": 1}, {"order": 2}],
        post_execute=killed_on_first_try,
        **TWO_TRIES,
    )


pipeline()
claim_and_process()
slots()
slots_but_one()
on_empty()
push_killed()
claiming("claim_killed", post_execute=killed_on_first_try, **TWO_TRIES)
claiming("claim_orphaned", post_execute=wait_at_gate_on_first_try, **TWO_TRIES)
claiming("claim_cleared", post_execute=wait_at_gate_on_first_try)
claiming("claim_retried", post_execute=raise_on_first_try, **TWO_TRIES)
claiming("claim_fails", post_execute=raise_always)
claiming("claim_fails_after_ack", post_execute=raise_always, ack="on_claim")
claiming("claim_by_hand", ack="manual")
