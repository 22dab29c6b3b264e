"""The DAG runs that a task starts: what they are called, and how they come to be."""

from __future__ import annotations

import hashlib
import re
from typing import Any

PLAIN = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.~-]{1,64}")
"""An item id that can stand in a run id as it is: Airflow refuses two dots."""

CLIENT_ERRORS = range(400, 500)


class RunRefused(RuntimeError):
    """Airflow will not create this run, and has not done so; the cause says why."""


class RunFailed(RuntimeError):
    """The run that a task waited for has ended otherwise than it was to end."""


def run_id_of(queue: str, item_id: str, generation: int) -> str:
    """The run for one delivery of an item: by queue, item and the generation it was claimed under.

    A count of deliveries would not do: it begins anew when a dead letter goes back to its queue,
    and the runs of its earlier life are there already.
    """
    if not PLAIN.fullmatch(item_id):
        item_id = hashlib.sha256(item_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"item__{re.sub(r'[.]{2,}', '.', queue)}__{item_id}__{generation}"


def child_run_id_of(push_id: str, dag_id: str, task_id: str, map_index: int) -> str:
    """The run that a task triggers, by its intent: the same on each try, another when cleared."""
    index = "" if map_index < 0 else f".{map_index}"
    readable = re.sub(r"[^A-Za-z0-9_~-]+", "-", f"{dag_id}.{task_id}")[:128]
    return f"by__{readable}{index}__{hashlib.sha256(push_id.encode()).hexdigest()[:24]}"


def is_there(ti: Any, dag_id: str, run_id: str) -> bool:
    """Whether a DAG has a run of this id.

    :param ti: the task that asks, over its own supervisor.
    """
    return bool(ti.get_dr_count(dag_id=dag_id, run_ids=[run_id]))


def conf_of(dag_id: str, run_id: str) -> dict[str, Any]:
    """Return what a run was started with; nothing where Airflow, before 3.2, does not tell."""
    from airflow.sdk.execution_time import comms, task_runner

    if not hasattr(comms, "GetDagRun"):
        return {}
    answer: Any = task_runner.SUPERVISOR_COMMS.send(comms.GetDagRun(dag_id=dag_id, run_id=run_id))
    return getattr(answer, "conf", None) or {}


def create_run(dag_id: str, run_id: str, conf: dict[str, Any], **more: Any) -> bool:
    """Create a run, from within a task; False when it is there already.

    Raises `RunRefused`, or Airflow's `AirflowRuntimeError` when it is not known what has happened.

    :param more: what else the run is to be; what this version of Airflow has no word for is left
        out.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun

    known = {name: more[name] for name in more if name in TriggerDagRun.model_fields}
    run = TriggerDagRun(dag_id=dag_id, run_id=run_id, conf=conf, **{"logical_date": None} | known)
    try:
        answer = task_runner.SUPERVISOR_COMMS.send(run)
    except AirflowRuntimeError as error:
        status = (error.error.detail or {}).get("status_code") or 0
        if status in CLIENT_ERRORS:
            raise RunRefused(f"no run {run_id} of {dag_id}: {error}") from error
        raise
    if not isinstance(answer, ErrorResponse):
        return True
    if answer.error is not ErrorType.DAGRUN_ALREADY_EXISTS:
        raise AirflowRuntimeError(answer)
    return False
