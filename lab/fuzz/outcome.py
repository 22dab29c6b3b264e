"""What a run of the fuzzer came to, for people and for the report."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lab.fuzz.finding import Finding
from lab.fuzz.fuzzer import Tally
from lab.servers import server_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = ["target", "inputs", "refused by name", "different ways", "slowest, ms", "faults"]
NOTES = (
    "Guided by coverage: an input on a new path through the package's blocks, or with a new "
    "ending, is kept and mutated further; a fifth are made from nothing. "
    "A fault is an error that is not named, a process that dies, a second of processor time for "
    "one input, or a property that does not hold; each target states its own. "
    "Payloads are compared with Python's own parser made strict, heads of items with the scripts' "
    "parser in Lua 5.1; the whole path runs on the server. "
    "Not fuzzed: the client library, the server, Airflow."
)


@dataclass(frozen=True)
class Outcome:
    """All tallies, those of one target added up."""

    tallies: Sequence[Tally]
    findings: Sequence[Finding]
    blocks: int
    reached: int
    seed: int
    seconds: float

    @classmethod
    def of(cls, answers: Sequence[dict[str, Any]], *, seed: int, seconds: float) -> Outcome:
        whole = [answer for answer in answers if "tallies" in answer]
        found = [Finding(**answer["died"]) for answer in answers if "died" in answer]
        tallies: dict[str, Tally] = {}
        for told in (tally for answer in whole for tally in answer["tallies"]):
            found += [Finding(**finding) for finding in told["findings"]]
            _add(tallies.setdefault(told["target"], Tally(told["target"])), told)
        distinct = {(one.target, one.place): one for one in found}
        blocks = max((answer["blocks"] for answer in whole), default=0)
        reached = max((answer["reached"] for answer in whole), default=0)
        return cls(list(tallies.values()), list(distinct.values()), blocks, reached, seed, seconds)

    def table(self) -> list[list[str | int]]:
        faults = {t.target: sum(f.target == t.target for f in self.findings) for t in self.tallies}
        rows = [
            [t.target, t.inputs, t.refused, t.ways, round(t.slowest_ms), faults[t.target]]
            for t in self.tallies
        ]
        sums = [sum(int(row[column]) for row in rows) for column in (1, 2, 3)]
        slowest = max((int(row[4]) for row in rows), default=0)
        return [list(HEAD), *rows, ["in all", *sums, slowest, len(self.findings)]]

    def as_text(self) -> str:
        lines = ["".join(f"{cell!s:>17}" for cell in row) for row in self.table()]
        blocks = f"{self.reached} of {self.blocks} blocks reached by one process"
        return "\n".join([*lines, f"{self.seconds:.0f} s, {blocks}, seed {self.seed}"])

    def write(self, path: Path, server: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        figures = {
            "title": "Fuzzing",
            "command": f"make fuzz INPUTS={sum(t.inputs for t in self.tallies)} SEED={self.seed}",
            "seed": self.seed,
            "server": server_name(server),
            "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
            "seconds": round(self.seconds, 1),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("redis", "msgspec", "lupa")},
            },
            "table": self.table(),
            "notes": [NOTES, f"{self.reached} of {self.blocks} blocks reached by one process."],
            "violations": len(self.findings),
        }
        text = json.dumps(figures, indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


def _add(sum_: Tally, told: dict[str, Any]) -> None:
    sum_.inputs += told["inputs"]
    sum_.refused += told["refused"]
    sum_.ways += told["ways"]
    sum_.slowest_ms = max(sum_.slowest_ms, told["slowest_ms"])
