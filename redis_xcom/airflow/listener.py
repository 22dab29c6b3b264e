"""Settles what a task claimed, in the task's own process, once its fate is known.

Airflow loads this into every component. Only a process that has claimed something does anything
here: the scheduler and the API server never wait for Redis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from redis_xcom.airflow import held
from redis_xcom.airflow.compat import allow_to_deserialize, try_id

if TYPE_CHECKING:
    from redis_xcom.airflow.held import HeldClaim


@hookimpl
def on_starting(component: Any) -> None:
    """Let a task read what the XCom backend has kept, also once that is switched off."""
    if type(component).__name__ == "TaskRunnerMarker":
        from redis_xcom.airflow.xcom.switched_off import XComReference

        allow_to_deserialize(XComReference)


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """Acknowledge: the task has succeeded and its output is stored."""
    if claims := _claims_of(task_instance):
        from redis_xcom.airflow.settle import acknowledge, within_bounds

        within_bounds(acknowledge, task_instance, claims)


@hookimpl
def on_task_instance_failed(task_instance: Any, error: object) -> None:
    """Give back what the task holds, unless it is tried again: then that waits for the try.

    A task that Airflow has ended gives its items back in any case: others may go on at once.
    """
    if claims := _claims_of(task_instance):
        from redis_xcom.airflow.settle import after_failure, within_bounds

        within_bounds(after_failure(task_instance, error), task_instance, claims)
    if getattr(task_instance.state, "value", task_instance.state) != "up_for_retry":
        _give_xcoms_back(task_instance, "its task failed for good")


@hookimpl
def on_task_instance_skipped(task_instance: Any) -> None:
    """Give back what the task holds: a skipped one has handed it to nobody."""
    if claims := _claims_of(task_instance):
        from redis_xcom.airflow.settle import release, within_bounds

        within_bounds(release, task_instance, claims)
    _give_xcoms_back(task_instance, "its task was skipped")


def _claims_of(task_instance: Any) -> list[HeldClaim]:
    return held.take(try_id(task_instance)) if _is_of_this_process(task_instance) else []


def _give_xcoms_back(task_instance: Any, reason: str) -> None:
    if not _is_of_this_process(task_instance):
        return
    if xcoms := held.take_xcoms(try_id(task_instance)):
        from redis_xcom.airflow.xcom.giving_back import give_back

        give_back(xcoms, reason)


def _is_of_this_process(task_instance: Any) -> bool:
    # The server's own TaskInstance bears the id of a try that is still to come.
    return type(task_instance).__name__ == "RuntimeTaskInstance"
