"""How far the demo is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from redis_xcom import Stats

if TYPE_CHECKING:
    from rich.console import Console

SECONDS_A_LINE = 3.0


class Progress:
    """
    Shows how many of so many files are done.

    :param console: where to.
    :param total: how many files there are.
    """

    def __init__(self, console: Console, *, total: int) -> None:
        self._console = console
        self._total = total
        self._next_line = 0.0
        self._last_line = ""
        self._bar = Bar(
            TextColumn("measured"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[queue]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, queue="")

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, done: int, queue: Stats) -> None:
        where = f"{queue.ready} wait, {queue.claimed} are claimed by {queue.claims} tasks"
        self._bar.update(self._task, completed=done, queue=where)
        if not self._console.is_terminal:
            self._line(f"measured {done:>5,} of {self._total:,}; {where}")

    def _line(self, line: str) -> None:
        if line != self._last_line and time.monotonic() > self._next_line:
            self._next_line = time.monotonic() + SECONDS_A_LINE
            self._last_line = line
            self._console.print(line)

    def say(self, what: str) -> None:
        """Print a line that stays."""
        self._console.print(what)
