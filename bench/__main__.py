"""`make bench`: measure, print, write results.json."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from bench import imports, queued, replicated, throughput
from bench.record import record, show
from bench.row import Row
from redis_xcom.embedded import EmbeddedServer, find_server


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
    rows = [*on_one_cpu(console), *replicated.rows(find_server()), *imports.rows()]
    show(rows, console)
    record(rows)


if __name__ == "__main__":
    main()
