"""Whose claim it is, read from the claim: a task instance's, a DAG run's, or nobody's we know."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from redis_xcom.airflow.identity import LONGEST_ID, in_front

AIRFLOWS_VERSION = 7
"""Airflow numbers each try with a UUID of this version; no other claimant does."""


@dataclass(frozen=True)
class Owner:
    """The task instance or, without a task, the DAG run that Airflow can be asked about.

    :param bounded: the lease is the longest that the claim may last, whatever the run does.
    """

    dag_id: str
    run_id: str
    task_id: str = ""
    map_index: int = -1
    bounded: bool = False


def read_owner(claim_id: str, incarnation: str) -> Owner | None:
    """Return who holds a claim; None for a claim that no task of this Airflow has made.

    A name that was too long to be kept whole tells nothing: such a claim has its lease alone.
    """
    front = in_front()
    ours = claim_id.startswith(front) and len(claim_id) < LONGEST_ID
    if not ours or not _is_try(incarnation):
        return None
    dag_id, *rest = claim_id[len(front) :].split("/")
    return None if ":" in dag_id or not all((dag_id, *rest[:1])) else _owner(dag_id, rest)


def _owner(dag_id: str, rest: list[str]) -> Owner | None:
    """`rest` is run, run/task, run/task/index, or run//task and so on, kept for the run."""
    match rest:
        case [run_id] if run_id:
            return Owner(dag_id, run_id)
        case [run_id, "", *_]:
            return Owner(dag_id, run_id, bounded=True)
        case [run_id, task_id]:
            return Owner(dag_id, run_id, task_id)
        case [run_id, task_id, index] if index.isdecimal():
            return Owner(dag_id, run_id, task_id, int(index))
    return None


def _is_try(incarnation: str) -> bool:
    try:
        return UUID(incarnation).version == AIRFLOWS_VERSION
    except ValueError:
        return False
