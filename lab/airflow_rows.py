"""What lies in the database of a local Airflow, past every API."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.airflow_run import Run

ROWS = "SELECT value FROM xcom WHERE dag_id = ? AND run_id = ?"
ROW = f"{ROWS} AND task_id = ? AND map_index = ? AND key = ?"


def xcom_row(
    run: Run, task_id: str, *, key: str = "return_value", map_index: int = -1
) -> Any | None:
    """Answer the JSON an XCom's row holds, parsed; ``None`` where there is no row."""
    return next(iter(_values(run, ROW, task_id, map_index, key)), None)


def xcom_rows(run: Run) -> list[Any]:
    """Answer the JSON of all XComs of a run, parsed."""
    return _values(run, ROWS)


def _values(run: Run, query: str, *which: object) -> list[Any]:
    readable = f"file:{run.airflow.database}?mode=ro"
    with closing(sqlite3.connect(readable, uri=True, timeout=20)) as connection:
        found = connection.execute(query, (run.dag_id, run.run_id, *which)).fetchall()
    return [json.loads(value) for (value,) in found]
