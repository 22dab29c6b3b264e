"""A large value goes by the store that the run's conf names."""

from __future__ import annotations

from airflow.sdk import dag, task

from redis_xcom.operators import keep


@dag(schedule=None)
def stores():
    @task
    def write(dag_run=None):
        return keep(list(range(1_000)), store=dag_run.conf["store"], threshold=0)

    @task
    def read(numbers):
        return sum(numbers)

    @task
    async def read_in_an_event_loop(ti=None):
        return sum(ti.xcom_pull("write"))

    written = write()
    read(written)
    written >> read_in_an_event_loop()


stores()
