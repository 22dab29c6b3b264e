"""Which XCom: the task instance that pushed it, and its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis_xcom.errors import XComMissing

RETURN_VALUE = "return_value"


@dataclass(frozen=True)
class Coordinate:
    """Where an XCom stands in Airflow."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    key: str = RETURN_VALUE

    def __str__(self) -> str:
        index = "" if self.map_index < 0 else f"[{self.map_index}]"
        return f"XCom {self.key!r} of {self.dag_id}.{self.task_id}{index}, run {self.run_id}"


def raw(coordinate: Coordinate) -> Any:
    """Return what Airflow keeps there, a reference or a value's JSON; in a task only.

    :raises XComMissing: when there is no such XCom.
    """
    from airflow.sdk.bases.xcom import BaseXCom

    found = BaseXCom._get_xcom_db_ref(  # noqa: SLF001 - the only way past a backend
        key=coordinate.key,
        dag_id=coordinate.dag_id,
        run_id=coordinate.run_id,
        task_id=coordinate.task_id,
        map_index=coordinate.map_index,
    )
    if found.value is None:
        raise XComMissing(f"{coordinate} is not there: its task has not pushed it, or is cleared")
    return found.value
