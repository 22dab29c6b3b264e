"""What Airflow's own database says became of the runs and their task instances."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 30.0
CURRENT = (
    "SELECT dag_id, run_id, task_id, map_index, state, try_number, max_tries FROM task_instance"
)
EARLIER = "SELECT count(*) FROM task_instance_history"
OUTPUT = "SELECT dag_id, run_id, task_id, map_index, value FROM xcom WHERE key = 'return_value'"


@dataclass(frozen=True)
class Task:
    """A task instance as its last try left it; `last_try` was the last one it had."""

    path: str
    dag_id: str
    task_id: str
    state: str | None
    last_try: bool


class Database:
    """Reads a local Airflow's SQLite file beside those who write it."""

    def __init__(self, home: Path) -> None:
        self._address = f"{(home / 'airflow.db').as_uri()}?mode=ro"

    def tasks(self) -> list[Task]:
        return [
            Task(path_of(*place), place[0], place[2], state, tries > most)
            for *place, state, tries, most in self._rows(CURRENT)
        ]

    def count_tries(self) -> int:
        """How many tries of task instances there were, superseded ones included."""
        return len(self._rows(CURRENT)) + self._rows(EARLIER)[0][0]

    def runs(self) -> Counter[str]:
        """How many runs ended how."""
        return Counter(state for (state,) in self._rows("SELECT state FROM dag_run"))

    def outputs(self) -> Iterator[tuple[str, Any]]:
        """What each task instance returned."""
        for *place, map_index, value in self._rows(OUTPUT):
            yield path_of(*place, map_index), _decoded(value)

    def paths(self, state: str) -> set[str]:
        """Which task instances are in a state now."""
        rows = self._rows(f"{CURRENT} WHERE state = ?", state)
        return {path_of(*place) for *place, _, _, _ in rows}

    def _rows(self, query: str, *values: str) -> list[Any]:
        with closing(self._connect()) as connection:
            return connection.execute(query, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._address, uri=True, timeout=PATIENCE_SECONDS)


def path_of(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """The task instance as claims name it."""
    return f"{dag_id}/{run_id}/{task_id}" + ("" if map_index < 0 else f"/{map_index}")


def _decoded(value: Any) -> Any:
    """Airflow keeps JSON, of some versions' making as JSON text within JSON."""
    decoded = json.loads(value)
    return json.loads(decoded) if isinstance(decoded, str) else decoded
