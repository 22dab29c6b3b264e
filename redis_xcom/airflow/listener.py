"""Settles what a task claimed, in the task's own process, once its fate is known.

Airflow loads this into every component. Only a process that has claimed something does anything
here: the scheduler and the API server never wait for Redis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from redis_xcom.airflow import held
from redis_xcom.airflow.compat import try_id

if TYPE_CHECKING:
    from redis_xcom.airflow.held import HeldClaim


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """Acknowledge: the task has succeeded and its output is stored."""
    if claims := _claims_of(task_instance):
        from redis_xcom.airflow.settle import acknowledge, within_bounds

        within_bounds(acknowledge, task_instance, claims)


@hookimpl
def on_task_instance_failed(task_instance: Any, error: object) -> None:
    """Give the items back, unless the task is tried again: then they wait for that try.

    A task that Airflow has ended gives them back in any case: others may go on at once.
    """
    if claims := _claims_of(task_instance):
        from redis_xcom.airflow.settle import after_failure, within_bounds

        within_bounds(after_failure(task_instance, error), task_instance, claims)


@hookimpl
def on_task_instance_skipped(task_instance: Any) -> None:
    """Give the items back: a skipped task has handed them to nobody."""
    if claims := _claims_of(task_instance):
        from redis_xcom.airflow.settle import release, within_bounds

        within_bounds(release, task_instance, claims)


def _claims_of(task_instance: Any) -> list[HeldClaim]:
    # The server's own TaskInstance bears the id of a try that is still to come.
    if type(task_instance).__name__ != "RuntimeTaskInstance":
        return []
    return held.take(try_id(task_instance))
