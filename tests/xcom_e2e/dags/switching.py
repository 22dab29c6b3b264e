"""Half of the values go through the backend that is configured, half as if it were switched off."""

from __future__ import annotations

from airflow.sdk import dag, task
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.execution_time.xcom import XCom

LARGE = {"rows": [(number, "zwölf") for number in range(200)]}
BACKENDS = {"on": XCom, "off": BaseXCom}


@dag(schedule=None)
def switching():
    @task
    def push(ti=None) -> list[str]:
        where = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": ti.task_id}
        for name, backend in BACKENDS.items():
            backend.set(f"switched {name}", LARGE, **where)
        return [backend.__name__ for backend in BACKENDS.values()]

    @task
    def pull(ti=None) -> dict[str, list[bool]]:
        where = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": "push", "map_index": -1}
        return {
            reader: [
                backend.get_one(key=f"switched {writer}", **where) == LARGE for writer in BACKENDS
            ]
            for reader, backend in BACKENDS.items()
        }

    push() >> pull()


switching()
