"""Tasks that claim for others, take over and settle, as far as they need an Airflow."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from redis_xcom.airflow.compat import fail_for_good
from redis_xcom.operators.decorators.claimed import claimed_task

FailedForGood = type(fail_for_good(""))
TRIES = ["0199-0001", "0199-0002", "0199-0003"]


class RuntimeTaskInstance(SimpleNamespace):
    """As much of Airflow's as the operators and the listener look at."""

    def get_task_states(self, **_which):
        return {self.run_id: {self.task_id: self.state}}

    def get_dr_count(self, **_which):
        return 1

    def xcom_push(self, key, value):
        self.pushed = {key: value}


def context(task_id="claim", *, attempt=1, index=-1, conf=None):
    ti = RuntimeTaskInstance(
        id=TRIES[attempt - 1],
        dag_id="shop",
        run_id="manual__1",
        task_id=task_id,
        map_index=index,
        try_number=attempt,
        state="success",
        task=SimpleNamespace(
            retry_delay=timedelta(0), retry_exponential_backoff=0, max_retry_delay=None
        ),
    )
    return {"ti": ti, "dag_run": SimpleNamespace(conf=conf)}


def work(seen, **options):
    """A task that notes what it is given, as the operator that a decorated function becomes."""

    def note(order):
        seen.append(order)

    return lambda *args, **named: claimed_task(note, **options)(*args, **named).operator


def settle(operator, claim, **options):
    operator(task_id="settle", claim=claim, **options).execute(context("settle"))
