"""What lies in the stores and what the rows refer to, side by side: on disk, not in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

REFERENCED, ORPHANED, EXPIRED, YOUNG = KINDS = ("referenced", "orphaned", "expired", "young")

TABLES = """
CREATE TABLE object (uri TEXT PRIMARY KEY, store TEXT, id TEXT, bytes INTEGER, written REAL,
                     expires REAL) WITHOUT ROWID;
CREATE TABLE mentioned (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
JUDGED = f"""
SELECT uri, bytes, CASE
    WHEN expires <= :then THEN '{EXPIRED}'
    WHEN id IN (SELECT id FROM mentioned) THEN '{REFERENCED}'
    WHEN written < :then THEN '{ORPHANED}'
    ELSE '{YOUNG}' END AS kind
FROM object WHERE store = :store
"""  # noqa: S608 (words of this file)


@dataclass(frozen=True)
class Entry:
    """One object of ours.

    :param id: what no other object has in its name.
    :param expires: None for never.
    """

    uri: str
    id: str
    bytes: int
    written: datetime
    expires: datetime | None


class Ledger:
    """Takes down what lies where, a million objects in as little memory as a thousand.

    What is too young to judge is older than nothing: an object is written before its row.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # a file that SQLite deletes when it is closed
        self._database.executescript(TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()

    def enter(self, store: str, entries: Iterable[Entry]) -> None:
        """Take down what lies in a store; all of it, or nothing where that fails half-way."""
        rows = (
            (one.uri, store, one.id, one.bytes, _seconds(one.written), _seconds(one.expires))
            for one in entries
        )
        with self._database as database:
            database.executemany("INSERT OR IGNORE INTO object VALUES (?, ?, ?, ?, ?, ?)", rows)

    def mention(self, ids: Iterable[str]) -> None:
        """Take down what rows refer to; repeats and strangers do no harm."""
        with self._database as database:
            database.executemany(
                "INSERT OR IGNORE INTO mentioned VALUES (?)", ((id_,) for id_ in ids)
            )

    def counts(self, store: str, then: datetime) -> dict[str, tuple[int, int]]:
        """How many objects, and bytes, of each kind a store holds.

        :param then: what was written since is too young, what expired since is not yet expired.
        """
        query = f"SELECT kind, count(*), sum(bytes) FROM ({JUDGED}) GROUP BY kind"  # noqa: S608
        found = self._database.execute(query, _places(store, then))
        counted = {kind: (objects, size) for kind, objects, size in found}
        return {kind: counted.get(kind, (0, 0)) for kind in KINDS}

    def uris(self, store: str, then: datetime, kinds: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Each object of these kinds with its kind, those longest there first."""
        wanted = set(kinds)
        query = f"SELECT kind, uri FROM ({JUDGED}) ORDER BY uri"  # noqa: S608
        with closing(self._database.execute(query, _places(store, then))) as found:
            yield from ((kind, uri) for kind, uri in found if kind in wanted)


def _places(store: str, then: datetime) -> dict[str, object]:
    return {"store": store, "then": then.timestamp()}


def _seconds(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()
