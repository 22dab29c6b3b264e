"""A trigger that tries to read an XCom."""

from __future__ import annotations

from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async


class PeekTrigger(BaseTrigger):
    """Fires with what became of the attempt."""

    def __init__(self, dag_id: str, run_id: str, task_id: str) -> None:
        super().__init__()
        self.where = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "peeking.PeekTrigger", self.where

    async def run(self):
        from airflow.sdk.execution_time.xcom import XCom

        read = getattr(XCom, "aget_one", None) or sync_to_async(XCom.get_one)
        try:
            yield TriggerEvent(f"got {await read(key='return_value', **self.where)}")
        except Exception as error:  # noqa: BLE001 (the test is told)
            yield TriggerEvent(f"{type(error).__name__}: {error}")
