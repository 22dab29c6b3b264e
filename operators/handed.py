"""What a run was handed when it was triggered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redis_xcom.airflow.xcom.handed import Handed


def handed_xcoms(context: Context | None = None) -> Handed:
    """Return the XComs that `TriggerDagRunWithXComsOperator` has handed to this run, by name.

    A value is loaded whenever it is asked for. Any task of the run may ask, on any try.

    :param context: the task's; by default the current one.
    :raises HandleRefused: when the run was handed nothing, or its handle is expired, altered, or
        another run's.
    """
    from redis_xcom.airflow.xcom import handed

    return handed.handed_xcoms(context)
