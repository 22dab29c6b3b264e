"""What became of every file, as the demo tells it in the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from examples.demo_kill import Held

if TYPE_CHECKING:
    from rich.console import Console

LARGEST = 5


@dataclass(frozen=True)
class Account:
    """
    Counts that have to balance.

    :param found: files that the producer saw.
    :param pushed: items that it pushed.
    :param rows: one for each time a file was measured.
    :param left: items still in either queue.
    :param kill: whose claim was killed.
    :param retaken: how many items the retry of that claim got.
    """

    found: int
    pushed: int
    rows: list[dict[str, Any]]
    left: int
    kill: Held | None
    retaken: int

    @property
    def processed(self) -> int:
        return len({row["file"] for row in self.rows})

    @property
    def twice(self) -> int:
        return len(self.rows) - self.processed

    @property
    def lost(self) -> int:
        return self.pushed - self.processed

    def faults(self) -> list[str]:
        """Say what does not balance; nothing if all does."""
        killed = self.kill.items if self.kill else 0
        checks = {
            "nothing was found": self.found > 0,
            "not everything found was pushed": self.found == self.pushed,
            "items were lost": self.lost == 0,
            "items were processed twice": self.twice == 0,
            "items are left": self.left == 0,
            "no claim could be killed": self.kill is not None,
            "the retry got other items than were killed": self.retaken == killed,
        }
        return [fault for fault, holds in checks.items() if not holds]


def show(account: Account, console: Console) -> None:
    console.print(_balance(account))
    console.print(_workers(account))
    console.print(_modules(account))


def _balance(account: Account) -> Table:
    table = _table("The account", "", "files")
    for name, count in (
        ("found", account.found),
        ("pushed", account.pushed),
        ("processed", account.processed),
        ("redelivered by the kill", account.retaken),
        ("processed twice", account.twice),
        ("lost", account.lost),
        ("left in a queue", account.left),
    ):
        table.add_row(name, f"{count:,}")
    return table


def _workers(account: Account) -> Table:
    table = _table("Who measured", "worker", "files", "lines")
    files = Counter(row["worker"] for row in account.rows)
    lines: Counter[int] = Counter()
    for row in account.rows:
        lines[row["worker"]] += row["lines"]
    for worker, count in sorted(files.items()):
        table.add_row(f"pid {worker}", f"{count:,}", f"{lines[worker]:,}")
    return table


def _modules(account: Account) -> Table:
    table = _table("The largest files", "file", "lines", "functions", "classes")
    largest = sorted(account.rows, key=lambda row: row["lines"], reverse=True)
    for row in largest[:LARGEST]:
        table.add_row(row["file"], *(f"{row[of]:,}" for of in ("lines", "functions", "classes")))
    sums = (f"{sum(row[of] for row in account.rows):,}" for of in ("lines", "functions", "classes"))
    table.add_section()
    table.add_row("all", *sums)
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", min_width=44)
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other, justify="right")
    return table
