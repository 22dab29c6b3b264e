"""Cases on one Airflow: the time of each call, and what grows by how much."""

from __future__ import annotations

from pathlib import Path

from bench.xcom.backends import Backend
from bench.xcom.case import NOTHING, Case
from bench.xcom.database import in_rows, size_of
from bench.xcom.measured import Calls, Measured
from lab.airflow import LocalAirflow
from lab.airflow_run import Run

DAGS = Path(__file__).with_name("dags")
DAG = "pushed_pulled"
LONGEST_SECONDS = 90.0


class NotDone(Exception):
    """A backend cannot do it, or not in time."""


class Bench:
    """One running Airflow with the DAG that pushes and pulls, and its backend."""

    def __init__(self, airflow: LocalAirflow, backend: Backend) -> None:
        self._airflow = airflow
        self._backend = backend
        self._notes = airflow.home / "notes"
        self._by_itself = 0

    def warm_up(self) -> None:
        """Learn what a run costs by itself; the first one makes what later ones find."""
        self._grown(NOTHING)
        self._by_itself = self._grown(NOTHING)

    def measure(self, case: Case) -> Measured:
        """Let tasks push and pull what the case says.

        :raises NotDone: when they have failed, or are not done after a minute and a half.
        """
        stored, rows = self._backend.stored(), in_rows(self._airflow.database)
        grown = self._grown(case) - self._by_itself
        return Measured(
            backend=self._backend.name,
            case=case,
            calls=Calls.read(self._notes),
            row=(in_rows(self._airflow.database) - rows) / case.values,
            grown=grown / case.values,
            stored=(self._backend.stored() - stored) / case.values,
        )

    def _grown(self, case: Case) -> int:
        """Run a case; answer by how many bytes the database is larger then."""
        self._notes.unlink(missing_ok=True)
        before = size_of(self._airflow.database)
        run = Run.start(self._airflow, DAG, notes=str(self._notes), **case.as_conf())
        try:
            end = run.wait(timeout=LONGEST_SECONDS)
        except TimeoutError as error:
            raise NotDone(str(error)) from error
        if end != "success":
            raise NotDone(f"{end}\n{self._airflow.log_tail()}")
        return size_of(self._airflow.database) - before
