"""What a run of the fuzzer came to, for people and for the report."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lab.fuzz.finding import Finding
from lab.fuzz.fuzzer import Tally
from lab.report import Figures
from lab.servers import server_name

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = ("target", "inputs", "refused by name", "different ways", "slowest, ms", "faults")
NOTE = (
    "Guided by coverage: an input on a new path through the package's blocks, or with a new "
    "ending, is kept and mutated further; a fifth are made from nothing. A fault is an error that "
    "is not named, a process that dies, a second of processor time for one input, or a property "
    "that does not hold: each target in `lab/fuzz/targets` states its own. Payloads are compared "
    "with Python's own parser made strict, heads of items with the scripts' parser in Lua 5.1; "
    "the whole path runs on the server. Not fuzzed: the client library, the server, Airflow."
)


@dataclass(frozen=True)
class Outcome:
    """All tallies, those of one target added up."""

    tallies: Sequence[Tally]
    findings: Sequence[Finding]
    blocks: int
    reached: int

    @classmethod
    def of(cls, answers: Sequence[dict[str, Any]]) -> Outcome:
        whole = [answer for answer in answers if "tallies" in answer]
        found = [Finding(**answer["died"]) for answer in answers if "died" in answer]
        tallies: dict[str, Tally] = {}
        for told in (tally for answer in whole for tally in answer["tallies"]):
            found += [Finding(**finding) for finding in told["findings"]]
            _add(tallies.setdefault(told["target"], Tally(told["target"])), told)
        distinct = {(one.target, one.place): one for one in found}
        blocks = max((answer["blocks"] for answer in whole), default=0)
        reached = max((answer["reached"] for answer in whole), default=0)
        return cls(list(tallies.values()), list(distinct.values()), blocks, reached)

    def figures(self, *, seed: int, server: str, seconds: float) -> Figures:
        inputs = sum(tally.inputs for tally in self.tallies)
        reached = f"{self.reached} of {self.blocks} blocks were reached by one of two processes."
        return Figures(
            title="Fuzzing",
            command=f"make fuzz INPUTS={inputs} SEED={seed} SERVER={server}",
            seed=seed,
            server=server_name(server),
            seconds=round(seconds, 1),
            table=self._table(),
            violations=len(self.findings),
            notes=[NOTE, reached],
            versions={
                name: version(name) for name in ("redis", "msgspec", "lupa", "apache-airflow")
            },
        )

    def _table(self) -> list[Sequence[object]]:
        faults = {t.target: sum(f.target == t.target for f in self.findings) for t in self.tallies}
        rows = [
            (t.target, t.inputs, t.refused, t.ways, round(t.slowest_ms), faults[t.target])
            for t in self.tallies
        ]
        sums = (sum(column) for column in list(zip(*rows, strict=True))[1:4])
        slowest = max((row[4] for row in rows), default=0)
        return [HEAD, *rows, ("in all", *sums, slowest, len(self.findings))]


def _add(sum_: Tally, told: dict[str, Any]) -> None:
    sum_.inputs += told["inputs"]
    sum_.refused += told["refused"]
    sum_.ways += told["ways"]
    sum_.slowest_ms = max(sum_.slowest_ms, told["slowest_ms"])
