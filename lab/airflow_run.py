"""One run of a DAG on a real Airflow, and what became of its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.airflow import LocalAirflow

SECONDS = 45


@dataclass
class Run:
    """A run of a DAG, asked about over the REST API."""

    airflow: LocalAirflow
    dag_id: str
    run_id: str

    @classmethod
    def start(cls, airflow: LocalAirflow, dag_id: str, **conf: Any) -> Run:
        """Start a run once the DAG is known; do not wait for its end."""
        return cls.ask(airflow, dag_id, conf=conf)

    @classmethod
    def ask(cls, airflow: LocalAirflow, dag_id: str, **options: Any) -> Run:
        """Start a run with an id, a date, a conf of one's own, see `AirflowApi.trigger`."""
        airflow.api.wait_for_dag(dag_id)
        return cls(airflow, dag_id, airflow.api.trigger(dag_id, **options))

    def wait(self, *, timeout: float = SECONDS) -> str:
        """Return how the run ended, "success" or "failed"."""
        return self.airflow.api.wait_for_run(self.dag_id, self.run_id, timeout=timeout)

    def task(self, task_id: str, **which: Any) -> dict[str, Any]:
        return self.airflow.api.task(self.dag_id, self.run_id, task_id, **which)

    def output(self, task_id: str, **which: Any) -> Any:
        return self.airflow.api.xcom(self.dag_id, self.run_id, task_id, **which)

    def outputs(self, task_id: str) -> list[Any]:
        """What each of a mapped task's instances returned."""
        mapped = self.airflow.api.tasks(self.dag_id, self.run_id, task_id)
        return [self.output(task_id, map_index=task["map_index"]) for task in mapped]

    def log(self, task_id: str, *, attempt: int = 1, map_index: int = -1) -> str:
        return self.airflow.api.log(
            self.dag_id, self.run_id, task_id, attempt=attempt, map_index=map_index
        )

    def clear(self, *task_ids: str) -> None:
        self.airflow.api.clear(self.dag_id, self.run_id, list(task_ids))
