"""What lies in the database of a local Airflow, past every API."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.airflow_run import Run

ROW = """SELECT value FROM xcom
         WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? AND key = ?"""


def xcom_row(
    run: Run, task_id: str, *, key: str = "return_value", map_index: int = -1
) -> Any | None:
    """Answer the JSON an XCom's row holds, parsed; ``None`` where there is no row."""
    coordinate = (run.dag_id, run.run_id, task_id, map_index, key)
    readable = f"file:{run.airflow.database}?mode=ro"
    with closing(sqlite3.connect(readable, uri=True, timeout=20)) as connection:
        row = connection.execute(ROW, coordinate).fetchone()
    return json.loads(row[0]) if row else None
