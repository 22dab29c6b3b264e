"""Who a task instance is to a queue: its claim id, its push id, its name for people."""

from __future__ import annotations

import hashlib
import os
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

LONGEST_ID = 512


def task_path(ti: Any) -> str:
    """The task instance as dag/run/task, and /index when it is mapped: the same on every try."""
    return shortened(f"{in_front()}{ti.dag_id}/{ti.run_id}/{_task(ti)}")


def run_path(dag_id: str, run_id: str) -> str:
    """The run as dag/run: to it belongs what it was started for."""
    return shortened(f"{in_front()}{dag_id}/{run_id}")


def kept_path(ti: Any) -> str:
    """What this task claims for its whole run: dag/run//task, and /index when it is mapped.

    The empty part says that it belongs to the run; the task only tells claims of one run apart.
    """
    return shortened(f"{in_front()}{ti.dag_id}/{ti.run_id}//{_task(ti)}")


def in_front() -> str:
    """What sets the claims of this Airflow apart: `[redis_xcom] deployment`, where it is set."""
    from redis_xcom.airflow.compat import option

    name = option("deployment", "")
    return f"{name}:" if name else ""


def producer(ti: Any) -> str:
    """Who pushed, for people: dag.task, index when mapped, and run."""
    index = "" if ti.map_index < 0 else f"[{ti.map_index}]"
    return f"{ti.dag_id}.{ti.task_id}{index} {ti.run_id}"[:LONGEST_ID]


def owner(ti: Any) -> str:
    """Whom to look for: the task as in `producer`, and the host and pid that hold the items."""
    where = f"{socket.gethostname()}:{os.getpid()}"
    return f"{producer(ti)[: LONGEST_ID - len(where) - 1]} {where}"


def push_id(context: Context) -> str:
    """The same for every try of one intent to push, another one for the next intent.

    A retry leaves the task instance's `max_tries` and its run's `start_date` alone. Clearing a
    task adds the tries it has used to `max_tries` (where it still runs: once its process has
    ended, and not if that counts as a failure). Clearing a finished run, or creating a run anew
    under an old id, gives it a new `start_date`.
    """
    ti: Any = context["ti"]
    started = context["dag_run"].start_date
    intent = f"{started:%Y%m%dT%H%M%S.%f}" if started else "unstarted"
    return shortened(f"{task_path(ti)}@{intent}+{ti.max_tries}")


def _task(ti: Any) -> str:
    return str(ti.task_id) if ti.map_index < 0 else f"{ti.task_id}/{ti.map_index}"


def shortened(identity: str) -> str:
    """Keep an identity within what a queue takes, still distinct."""
    if len(identity) <= LONGEST_ID:
        return identity
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    return f"{identity[: LONGEST_ID - len(digest) - 1]}~{digest}"
