"""What an experiment comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab import report
from lab.servers import server_name


@dataclass
class Findings:
    """One table, and every sentence that says what must not have happened.

    :param name: of the experiment, as it is asked for.
    :param binary: which server it runs on.
    """

    name: str
    title: str
    binary: str
    seed: int
    head: Sequence[str]
    notes: Sequence[str]
    rows: list[Sequence[Any]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def figures(self) -> report.Figures:
        return report.Figures(
            title=self.title,
            command=f"make chaos-below PARTS={self.name} SEED={self.seed} SERVER={self.binary}",
            seed=self.seed,
            server=server_name(self.binary),
            seconds=round(self.seconds, 1),
            table=[self.head, *self.rows],
            violations=len(self.violations),
            notes=[" ".join(note.split()) for note in self.notes],
            summary=f"{sum(row[self.head.index('pushes')] for row in self.rows):,} pushes",
        )

    def told(self) -> str:
        return "\n".join([self.figures().told(), *self.violations])

    def keep(self) -> None:
        figures = self.figures()
        figures.save(f"{self.name}-{figures.server.replace(' ', '-')}")
