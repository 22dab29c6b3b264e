"""XComs that one task alone gets, and tasks that are killed or fail while they have one."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from airflow.sdk import dag, task

from redis_xcom.errors import AlreadyClaimed
from redis_xcom.operators import claim_xcom

SECONDS = 90


def die():
    os.kill(os.getpid(), signal.SIGKILL)


@task
def issue():
    return {"card": "4111", "note": "offloaded" * 50}


@dag(schedule=None)
def exclusive_retried():
    """The holder is killed, and tried again; its rival asks all the time."""

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def hold(ti):
        card = claim_xcom(task_ids="issue")["card"]
        if ti.try_number == 1:
            die()
        return card

    @task
    def rival(ti):
        told, until = set(), time.monotonic() + SECONDS
        while time.monotonic() < until:
            states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=["hold"])
            state = states[ti.run_id]["hold"]
            if told or is_claimed(ti):
                told.add(ask())
            if state == "success":
                return sorted(told)
            time.sleep(0.2)
        raise TimeoutError(f"hold is {state}")

    issued = issue()
    issued >> [hold(), rival()]


def ask():
    """Return who has the card, or the card itself."""
    try:
        return claim_xcom(task_ids="issue")["card"]
    except AlreadyClaimed as error:
        return error.holder


def is_claimed(ti):
    from redis_xcom.airflow.xcom.coordinate import Coordinate
    from redis_xcom.airflow.xcom.singles import get_single_server, open_single, single_name

    name = single_name(Coordinate(ti.dag_id, ti.run_id, "issue"))
    with open_single(get_single_server(), name) as single:
        return single.holder() is not None


@dag(schedule=None)
def exclusive_handed_on():
    """One after the other ends without it: by an error, by a kill; the third one keeps it."""
    anyhow = {"trigger_rule": "all_done"}

    @task
    def fails():
        claim_xcom(task_ids="issue")
        raise ValueError("no money in the till")

    @task(**anyhow)
    def dies():
        claim_xcom(task_ids="issue")
        die()

    @task.exclusive(**anyhow)
    def keeps(given):
        return given["card"]

    @task.exclusive(on_claimed="fail", retries=2, **anyhow)
    def refused(given):
        return given["card"]

    @task(**anyhow)
    def asks():
        return ask()

    issued = issue()
    issued >> fails() >> dies() >> keeps(issued) >> refused(issued) >> asks()


exclusive_retried()
exclusive_handed_on()
