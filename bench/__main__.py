"""`make bench`: measure, print, write results.json."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import queued, replicated, throughput
from bench.row import Row
from redis_xcom.embedded import EmbeddedServer, find_server

RESULTS = Path(__file__).with_name("results.json")


@contextmanager
def one_cpu() -> Iterator[int]:
    """Client and server share a CPU, as the figures' ratio asks; the server inherits it."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    yield min(everywhere)
    os.sched_setaffinity(0, everywhere)


def on_one_cpu(console: Console) -> list[Row]:
    with one_cpu() as cpu, EmbeddedServer(settings={"appendonly": "no"}) as server:
        console.print(f"Client and server on CPU {cpu}, no AOF, {throughput.ROUNDS} rounds.")
        return [*throughput.rows(server), *queued.rows(server)]


def main() -> None:
    console = Console()
    rows = [*on_one_cpu(console), *replicated.rows(find_server())]
    table = Table("measure", "value", "goal", "met")
    for row in rows:
        table.add_row(row.measure, row.shown(), row.aim(), {True: "yes", False: "no"}.get(row.met))
    console.print(table)
    RESULTS.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
