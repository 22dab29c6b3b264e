"""The tables in the section *Figures* of docs/xcom.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.xcom.measured import Measured

PAGE = Path(__file__).parents[2] / "docs" / "xcom.md"
HEADING = "\n## Figures\n"
NOT_DONE = "not done"

Cell = Callable[[Measured], str]


def write(found: Sequence[Measured], page: Path = PAGE) -> None:
    """Put these tables in the place of those that are there; the prose stays."""
    before, heading, after = page.read_text(encoding="utf-8").partition(HEADING)
    section, end, rest = after.partition("\n## ")
    prose = section.partition("\n|")[0].rstrip()
    tables = "\n\n".join(grid(found, title, cell) for title, cell in CELLS.items())
    page.write_text(f"{before}{heading}{prose}\n\n{tables}\n{end}{rest}", encoding="utf-8")


def grid(found: Sequence[Measured], title: str, cell: Cell) -> str:
    """Answer a table with a line for each case and a column for each backend."""
    backends = list(dict.fromkeys(one.backend for one in found))
    cases = dict.fromkeys(one.case for one in found)
    cells = {(one.case, one.backend): cell(one) for one in found}
    lines = [
        [title, *backends],
        ["---", *("--:" for _ in backends)],
        *([case.name, *(cells.get((case, name), NOT_DONE) for name in backends)] for case in cases),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _times(one: Measured) -> str:
    return " + ".join(f"{ms:,.1f}" if ms < 10 else f"{ms:,.0f}" for ms in one.push_and_pull)


CELLS: dict[str, Cell] = {
    "push + pull, ms": _times,
    "a row of the database holds, bytes": lambda one: f"{one.row:,.0f}",
    "the database grows by, bytes": lambda one: f"{max(one.grown, 0):,.0f}",
    "in the store, bytes": lambda one: f"{one.stored:,.0f}",
    "peak of a task's memory, MB": lambda one: f"{one.peak_mb:,.0f}",
}
