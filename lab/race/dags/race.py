"""One task offers XComs, all others race for each of them in turn."""

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task

from lab.race.course import Course
from lab.race.plan import ROUNDS_A_RUN, key_of, value_of
from lab.race.racer import Racer
from redis_xcom.airflow.connection import get_server


@dag(schedule=None)
def race() -> None:
    @task(retries=3, retry_delay=timedelta(0))
    def offer(ti: Any = None, dag_run: Any = None) -> list[int]:
        for number in range(len(dag_run.conf["kinds"])):
            ti.xcom_push(key_of(number), value_of(dag_run.run_id, number))
        return list(range(dag_run.conf["racers"]))

    @task(retries=ROUNDS_A_RUN, retry_delay=timedelta(0))
    def run(number: int, ti: Any = None, dag_run: Any = None) -> None:
        with get_server("redis_default").connect() as client:
            course = Course(client, dag_run.run_id)
            context = get_current_context()
            racer = Racer(number, ti.try_number, dag_run.conf["racers"], course, context)
            racer.run(dag_run.conf["kinds"])

    run.expand(number=offer())


race()
