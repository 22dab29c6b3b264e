"""Which task reads in this process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

FROM_ENVIRONMENT = ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_TASK_ID", "AIRFLOW_CTX_DAG_RUN_ID")


@dataclass(frozen=True)
class Reader:
    """A task instance that asks for a value; without a map index where only the task is known."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int = -1

    def __str__(self) -> str:
        index = "" if self.map_index < 0 else f"[{self.map_index}]"
        return f"{self.dag_id}.{self.task_id}{index}"


def current_reader() -> Reader | None:
    """Return whose process this is; None where no task runs, as in a triggerer or a shell.

    Airflow has a current context while it renders templates and while the task works. Callbacks,
    listeners and subprocesses come without one: there the variables tell that Airflow sets in the
    task's environment before the task works.
    """
    context = _current_context()
    return _from_environment() if context is None else _from_context(context)


def _current_context() -> Any:
    from airflow.sdk import get_current_context

    try:
        return get_current_context()
    except RuntimeError:  # there is none
        return None


def _from_context(context: Any) -> Reader | None:
    ti = context.get("ti")
    return ti and Reader(ti.dag_id, ti.task_id, ti.run_id, ti.map_index)


def _from_environment() -> Reader | None:
    dag_id, task_id, run_id = (os.environ.get(name) for name in FROM_ENVIRONMENT)
    return Reader(dag_id, task_id, run_id) if dag_id and task_id and run_id else None
