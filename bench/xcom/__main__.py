"""Measure, print, write into results.json and docs/xcom.md: ten minutes or so."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console

from bench.record import record, show
from bench.xcom import page
from bench.xcom.backends import backends
from bench.xcom.case import CASES
from bench.xcom.rounds import go_round
from bench.xcom.tables import rows, table
from redis_xcom.embedded import EmbeddedServer


def main() -> None:
    console = Console()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer() as server:
        found = go_round(backends(Path(folder), server), CASES, told=console.print)
    console.print(table(found))
    figures = rows(found, CASES)
    show(figures, console)
    record(figures)
    page.write(found)


if __name__ == "__main__":
    main()
