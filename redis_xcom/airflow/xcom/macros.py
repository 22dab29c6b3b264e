"""What templates may call, as `{{ macros.redis_xcom.hand(ti, …) }}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import timedelta

    from redis_xcom.airflow.xcom.handed import Handed


def hand(
    ti: Any, *, dag_id: str, run_id: str, keys: Any, ttl: timedelta | float | None = None
) -> str:
    """Return a handle of XComs of this run, for the `conf` of the run that is to redeem it.

    :param ti: the task instance whose template this is.
    :param run_id: the same that the run is triggered with.
    :param keys: as `xcoms` of `TriggerDagRunWithXComsOperator`.
    :param ttl: for how long, as timedelta or in seconds, it can be redeemed; by default for as
        long as values are kept.
    """
    from redis_xcom.airflow.identity import push_id
    from redis_xcom.airflow.xcom import handed
    from redis_xcom.airflow.xcom.chosen import choose

    by = push_id(ti.get_template_context())
    return handed.hand(
        choose(keys, ti), dag_id=dag_id, run_id=run_id, by=by, ttl=handed.lifetime(ttl)
    )


def handed_xcoms(ti: Any) -> Handed:
    """Return what the run was handed, by name, for templates of the run that was triggered."""
    from redis_xcom.airflow.xcom import handed

    return handed.handed_xcoms(ti.get_template_context())
