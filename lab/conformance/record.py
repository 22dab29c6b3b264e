"""What was seen with each backend, kept beside this file so that a run can be compared with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.conformance.backends import DEFAULT
from lab.conformance.observing import Seen

FILE = Path(__file__).with_name("recorded.json")
ABSENT = "not seen"


@dataclass
class Record:
    """The figures of one long run.

    :param airflow: its version.
    :param default: what Airflow's own backend showed, by case.
    :param otherwise: of each other backend the cases that it showed otherwise.
    """

    airflow: str
    default: Seen
    otherwise: dict[str, Seen]

    @staticmethod
    def load() -> Record:
        return Record(**json.loads(FILE.read_text(encoding="utf-8")))

    def save(self) -> None:
        """Write it: sorted, so that two runs differ only where something was seen otherwise."""
        self.default = dict(sorted(self.default.items()))
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        FILE.write_text(text + "\n", encoding="utf-8")

    def seen(self, backend: str) -> Seen:
        """Answer all that was seen with a backend."""
        return {**self.default, **self.otherwise.get(backend, {})}

    def all(self) -> dict[str, Seen]:
        """Answer all that was seen, by backend."""
        return {name: self.seen(name) for name in (DEFAULT, *self.otherwise)}


def differing(default: Seen, other: Seen) -> Seen:
    """Answer what the other shows otherwise."""
    return {
        case: other.get(case, ABSENT)
        for case in sorted(default.keys() | other.keys())
        if default.get(case) != other.get(case)
    }
