"""DAGs that hand XComs to a run, die at the worst moment, and runs that read what they may."""

from __future__ import annotations

import logging
import os
import signal
from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

from redis_xcom.airflow import runs
from redis_xcom.errors import HandleRefused, NotForYou
from redis_xcom.operators import TriggerDagRunWithXComsOperator, aim, handed_xcoms

log = logging.getLogger(__name__)
PARENT = {"dag_id": "{{ dag.dag_id }}", "run_id": "{{ run_id }}"}


def die_once_the_run_is_there(context):
    """On the first try: nobody but the API server knows then that there is a run."""
    create = runs.create_run

    def create_and_die(*args, **more):
        create(*args, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    if context["ti"].try_number == 1:
        runs.create_run = create_and_die


@task
def make(ti=None):
    ti.xcom_push("many", ["x" * 50] * 100)
    ti.xcom_push("aimed", aim("for start alone", to=["start", "by_macro"], encrypt=True))


@task
def double(number):
    return 2 * number


@dag(schedule=None)
def hand_and_die():
    """Its first try dies; the second one waits for the run of the first."""
    made = make()
    TriggerDagRunWithXComsOperator(
        task_id="start",
        trigger_dag_id="read_handed",
        xcoms={"many": made["many"], "aimed": made["aimed"], "all": double.expand(number=[1, 2])},
        conf={"parent": PARENT},
        wait_for_completion=True,
        deferrable=True,
        poke_interval=1,
        pre_execute=die_once_the_run_is_there,
        retries=1,
        retry_delay=timedelta(seconds=1),
    )


@dag(schedule=None)
def hand_by_macro():
    run_id = "from__{{ run_id }}"
    where = "dag_id='read_handed', run_id='from__' ~ run_id"
    keys = "{'many': ('make', 'many'), 'aimed': ('make', 'aimed'), 'all': 'double'}"
    handle = f"{{{{ macros.redis_xcom.hand(ti, {where}, keys={keys}) }}}}"
    by_macro = TriggerDagRunOperator(
        task_id="by_macro",
        trigger_dag_id="read_handed",
        trigger_run_id=run_id,
        conf={"xcoms": handle, "parent": PARENT},
    )
    [make(), double.expand(number=[1, 2])] >> by_macro


@dag(schedule=None)
def read_handed():
    @task
    def read():
        try:
            handed = handed_xcoms()
        except HandleRefused as error:
            log.warning("%s", error)
            raise
        return {"many": len(handed["many"]), "aimed": handed["aimed"], "all": handed["all"]}

    @task
    def pull(ti=None, dag_run=None):
        """As any task may try, past the handle."""
        try:
            return ti.xcom_pull(task_ids="make", key="aimed", **dag_run.conf["parent"])
        except NotForYou:
            return "not for you"

    @task
    def rendered(told):
        return told

    read()
    pull()
    rendered("{{ macros.redis_xcom.handed_xcoms(ti)['aimed'] }}")


hand_and_die()
hand_by_macro()
read_handed()
