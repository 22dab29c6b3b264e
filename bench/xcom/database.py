"""How large Airflow's metadata database is, and how much of it XComs are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from lab.waiting import wait_until

ALL_VALUES = "SELECT coalesce(sum(length(CAST(value AS BLOB))), 0) FROM xcom"
WORK_IN = "PRAGMA wal_checkpoint(TRUNCATE)"


def size_of(database: Path) -> int:
    """Answer the file's bytes once the log ahead of it is worked in, and empty."""
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        wait_until(
            lambda: connection.execute(WORK_IN).fetchone()[0] == 0,
            "the database's log to be worked in",
        )
    return database.stat().st_size


def in_rows(database: Path) -> int:
    """Answer the bytes that all XComs' rows hold as their values."""
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        return int(connection.execute(ALL_VALUES).fetchone()[0])
