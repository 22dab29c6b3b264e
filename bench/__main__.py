"""`make bench`: measure, print, write results.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import queued, throughput
from bench.row import Row
from redis_xcom.embedded import EmbeddedServer

RESULTS = Path(__file__).with_name("results.json")


def pin_to_one_cpu() -> int:
    """Client and server share a CPU, as the figures' ratio asks; the server inherits it."""
    cpu = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpu})
    return cpu


def measured() -> list[Row]:
    with EmbeddedServer(settings={"appendonly": "no"}) as server:
        return [*throughput.rows(server), *queued.rows(server)]


def main() -> None:
    console = Console()
    cpu = pin_to_one_cpu()
    console.print(f"Client and server on CPU {cpu}, no AOF, {throughput.ROUNDS} rounds: medians.")
    rows = measured()
    table = Table("measure", "value", "goal", "met")
    for row in rows:
        table.add_row(row.measure, row.shown(), row.aim(), {True: "yes", False: "no"}.get(row.met))
    console.print(table)
    RESULTS.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
