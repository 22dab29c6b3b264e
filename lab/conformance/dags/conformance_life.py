"""Tasks that are tried again, and that wait without a worker."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, dag, task
from noting import note

LARGE = {"rows": list(range(200))}


class Waiting(BaseOperator):
    """Pushes, defers, and looks whether what it pushed is there when it goes on."""

    def execute(self, context):
        context["ti"].xcom_push("before", LARGE)
        self.defer(trigger=TimeDeltaTrigger(timedelta(0)), method_name="go_on")

    def go_on(self, context, event=None):  # noqa: ARG002 - a trigger's event is always given
        ti = context["ti"]
        note("deferral/pushed before", ti.xcom_pull(key="before"))
        note("deferral/pulled from upstream", ti.xcom_pull(task_ids="given"))
        return ["after", LARGE]


@task
def given():
    return LARGE


@task(retries=1, retry_delay=timedelta(0))
def again(value, ti=None):
    note(f"retries/what was there, try {ti.try_number}", ti.xcom_pull(key="of this try"))
    note(f"retries/argument, try {ti.try_number}", value)
    ti.xcom_push("of this try", {"try": ti.try_number, "rows": LARGE})
    if ti.try_number == 1:
        ti.xcom_push("of the first try", LARGE)
        raise RuntimeError("to be tried again")
    return ti.try_number


@task
def after(tried, resumed, ti=None):
    note("retries/output", tried)
    for key in ("of this try", "of the first try"):
        note(f"retries/{key}", ti.xcom_pull(task_ids="again", key=key))
    note("deferral/output", resumed)
    note("deferral/pushed before, downstream", ti.xcom_pull(task_ids="wait", key="before"))


@dag(schedule=None)
def conformance_life():
    value, waiting = given(), Waiting(task_id="wait")
    value >> waiting
    after(again(value), waiting.output)


conformance_life()
