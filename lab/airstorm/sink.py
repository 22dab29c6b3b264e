"""Where the work of the storm takes effect: a database that fences by generation."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "AIRSTORM_SINK"
PATIENCE_SECONDS = 30.0

TABLES = """
PRAGMA journal_mode=WAL;
CREATE TABLE effects (item TEXT PRIMARY KEY, generation INTEGER, claim_id TEXT);
CREATE TABLE attempts (item TEXT, generation INTEGER, claim_id TEXT, accepted INTEGER);
CREATE TABLE handled (n INTEGER, run TEXT);
CREATE TABLE refusals (claim_id TEXT, generation INTEGER, step TEXT, says TEXT);
CREATE TABLE lingering (pid INTEGER PRIMARY KEY, place TEXT);
"""

# As docs/guarantees.md advises: a write counts unless a newer holder has written.
FENCED = """
INSERT INTO effects VALUES (:item, :generation, :claim_id)
ON CONFLICT (item) DO UPDATE SET generation = :generation, claim_id = :claim_id
WHERE generation <= :generation
"""


@dataclass(frozen=True)
class Effect:
    """What stands in the sink for one item."""

    generation: int
    claim_id: str


class Sink:
    """One file that the storm and all its tasks write to.

    :param path: of the file; in a task by default the one that its environment names.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(os.environ[VARIABLE])

    def create(self) -> Sink:
        with closing(self._connect()) as connection:
            connection.executescript(TABLES)
        return self

    def write(self, items: Iterable[str], generation: int, claim_id: str) -> int:
        """Let the work on these items take effect; answer how many were refused."""
        rows = [{"item": i, "generation": generation, "claim_id": claim_id} for i in items]
        refused = 0
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                accepted = connection.execute(FENCED, row).rowcount
                refused += not accepted
                _insert(connection, "attempts", *row.values(), accepted)
        return refused

    def handle(self, numbers: Iterable[int], run: str) -> None:
        """Note what a run did with payloads that came out of XCom, without a fence."""
        with closing(self._connect()) as connection, connection:
            for number in numbers:
                _insert(connection, "handled", number, run)

    def refuse(self, claim_id: str, generation: int, step: str, says: object) -> None:
        """Note what a claimant was told that came too late."""
        with closing(self._connect()) as connection, connection:
            _insert(connection, "refusals", claim_id, generation, step, str(says))

    def enter(self, place: str) -> None:
        """Note that this process is where it may be struck."""
        with closing(self._connect()) as connection, connection:
            connection.execute("REPLACE INTO lingering VALUES (?, ?)", (os.getpid(), place))

    def leave(self) -> None:
        with closing(self._connect()) as connection, connection:
            connection.execute("DELETE FROM lingering WHERE pid = ?", (os.getpid(),))

    def lingering(self) -> list[tuple[int, str]]:
        return self._rows("SELECT pid, place FROM lingering ORDER BY place, pid")

    def effects(self) -> dict[str, Effect]:
        rows = self._rows("SELECT item, generation, claim_id FROM effects")
        return {item: Effect(generation, claim_id) for item, generation, claim_id in rows}

    def attempts(self) -> list[tuple[str, int, int]]:
        """Every write there was: item, generation, whether it was accepted."""
        return self._rows("SELECT item, generation, accepted FROM attempts ORDER BY rowid")

    def handled(self) -> list[tuple[int, str]]:
        return self._rows("SELECT n, run FROM handled")

    def refusals(self) -> list[tuple[str, int, str, str]]:
        return self._rows("SELECT claim_id, generation, step, says FROM refusals")

    def _rows(self, query: str) -> list[Any]:
        with closing(self._connect()) as connection:
            return connection.execute(query).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=PATIENCE_SECONDS)


def _insert(connection: sqlite3.Connection, table: str, *values: object) -> None:
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
