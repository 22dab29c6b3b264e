"""What one case took on one backend."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.xcom.case import Case

BOTH = ("push", "pull")


@dataclass(frozen=True)
class Calls:
    """What the tasks have noted: a line for each push and each pull."""

    notes: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, path: Path) -> Calls:
        return cls(tuple(map(json.loads, path.read_text().splitlines())))

    def ms(self, what: str) -> float:
        return 1000 * median(note["seconds"] for note in self._of(what))

    def first_ms(self, what: str) -> float:
        """The first call in its task also loads what the others find loaded."""
        return 1000 * median(note["seconds"] for note in self._of(what) if note["index"] == 0)

    def peak(self, what: str) -> int:
        """The most memory that a task has had after its first call, in bytes."""
        return max(note["peak"] for note in self._of(what) if note["index"] == 0)

    def _of(self, what: str) -> list[dict[str, Any]]:
        return [note for note in self.notes if note["what"] == what]


@dataclass(frozen=True)
class Measured:
    """One case on one backend.

    :param row: bytes that its row of the metadata database holds for each value.
    :param grown: bytes of the metadata database for each value, beyond what the run itself takes.
    :param stored: bytes in the store for each value.
    """

    backend: str
    case: Case
    calls: Calls
    row: float
    grown: float
    stored: float

    @property
    def push_and_pull(self) -> tuple[float, ...]:
        """The milliseconds of each."""
        return tuple(map(self.calls.ms, BOTH))

    @property
    def ms(self) -> float:
        """A push and a pull."""
        return sum(self.push_and_pull)

    @property
    def first_ms(self) -> float:
        return sum(map(self.calls.first_ms, BOTH))

    @property
    def peak_mb(self) -> float:
        return max(map(self.calls.peak, BOTH)) / 1_000_000
