"""One storm from its first push to its account."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab.airflow import LocalAirflow
from lab.airstorm import plan
from lab.airstorm.account import Account
from lab.airstorm.chronicle import Chronicle
from lab.airstorm.database import Database
from lab.airstorm.load import Load
from lab.airstorm.names import FAST, QUEUE, QUIET, RESULTS, TAG
from lab.airstorm.sink import VARIABLE, Sink
from lab.airstorm.striker import Striker
from lab.airstorm.targets import Targets
from lab.history import witness
from lab.history.recording import Recording
from lab.leaks import find_leaks
from lab.waiting import wait_until
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

ROOT = Path(__file__).parents[2]
DAGS = Path(__file__).with_name("dags")
STEP_SECONDS = 0.15
SECONDS_A_LINE = 10.0
ORPHAN_SECONDS = 120.0
DAG_IDS = ("storm_push", "storm_claim", "storm_handle", "storm_inside", "storm_drain")


@dataclass(frozen=True)
class Size:
    """How large a storm is.

    :param chunk: items a push; `limit`: items a claim at most; `slots`: claims a run at most.
    :param pushes: runs that push.
    :param lease: of every claim, in seconds; `seconds`: the storm's bound.
    :param tasks: how many run at a time.
    """

    items: int
    kinds: dict[str, int]
    chunk: int = 25
    limit: int = 16
    slots: int = 4
    pushes: int = 4
    lease: float = 20.0
    tasks: int = 8
    triggerers: int = 2
    seconds: float = 1200.0


class Storm:
    """Airflow, a server and all that happens on them; made by `storm`."""

    def __init__(
        self, airflow: LocalAirflow, server: EmbeddedServer, sink: Sink, seed: int, size: Size
    ) -> None:
        self.seed = seed
        self.size = size
        self.airflow = airflow
        self.sink = sink
        self.client = server.client()
        self.database = Database(airflow.home)
        self.chronicle = Chronicle()
        self.recording = Recording(server.url, [TAG], judge=self.chronicle)
        self.queue = Queue(QUEUE, client=self.client, tag=TAG)
        self.results = Queue(RESULTS, client=self.client, tag=TAG)
        self.load = Load(
            airflow.api,
            self.queue,
            plan.pushes(size.items, size.pushes, size.chunk),
            plan.Consumers(seed, slots=size.slots, limit=size.limit, lease=size.lease),
            low=size.items // size.pushes // 2,
        )
        self.targets = Targets(airflow, self.client, sink)
        self.striker = Striker(
            airflow,
            self.database,
            self.targets,
            plan.strikes(seed, size.items, size.kinds),
            size.lease,
        )

    def run(self) -> Account:
        """Let it rage until nothing is left in the queue; answer the account."""
        for dag_id in DAG_IDS:
            self.airflow.api.wait_for_dag(dag_id)
        with self.recording:
            self._rage()
            self.striker.thaw()
            self._await_orphans()
            drained = sum(1 for _ in self.results.drain(batch=500))
            print(f"{drained} results forwarded", flush=True)
            self.recording.verdict()
        return self._account()

    def _await_orphans(self) -> None:
        """Who lost its supervisor goes on by itself: the account waits for its last word."""
        wait_until(self.targets.none_works, "the orphans to end", timeout=ORPHAN_SECONDS)

    def leaks(self) -> list[str]:
        left = self.queue.stats().total + self.results.stats().total
        return find_leaks(self.client) + ([f"{left} items are left in the queues"] if left else [])

    def _rage(self) -> None:
        began = told = time.monotonic()
        while self.load.step():
            self.striker.step(self.queue.stats().acked)
            if time.monotonic() > began + self.size.seconds:
                raise TimeoutError(f"not done in {self.size.seconds:g} s: {self.load.active}")
            if time.monotonic() > told + SECONDS_A_LINE:
                told = time.monotonic()
                self._tell(told - began)
            time.sleep(STEP_SECONDS)

    def _tell(self, seconds: float) -> None:
        stats, struck = self.queue.stats(), dict(self.striker.count)
        print(
            f"{seconds:5.0f} s: {stats.acked} of {self.size.items} acked, {stats.ready} ready, "
            f"{stats.claimed} claimed, {len(self.load.active)} runs; {struck}",
            flush=True,
        )

    def _account(self) -> Account:
        return Account(
            items=self.size.items,
            judge=self.chronicle,
            tasks=self.database.tasks(),
            outputs=dict(_numbers(self.database)),
            effects=self.sink.effects(),
            handled=set(self.sink.handled()),
            meant_to_fail=self.load.planted | self.striker.places("marked failed"),
        )


@contextmanager
def storm(seed: int, size: Size, *, server: str | None = None) -> Iterator[Storm]:
    """Start a server and an Airflow whose every call is recorded; stop them at the end."""
    witness.install()
    try:
        with TemporaryDirectory(prefix="airstorm-") as folder, EmbeddedServer(server=server) as own:
            sink = Sink(Path(folder) / "sink.db").create()
            with LocalAirflow(
                dags=DAGS,
                environment=_environment(own, sink.path),
                parallelism=size.tasks,
                triggerers=size.triggerers,
            ) as airflow:
                yield Storm(airflow, own, sink, seed, size)
    finally:
        witness.remove()


def _environment(server: EmbeddedServer, sink: Path) -> dict[str, str]:
    connection = {"conn_type": "redis", "host": str(server.socket)}
    return FAST | {
        "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'lab' / 'history' / 'site'}",
        "AIRFLOW__REDIS_XCOM__QUIET": QUIET,
        "REDIS_XCOM_WITNESS": "1",
        VARIABLE: str(sink),
    }


def _numbers(database: Database) -> Iterator[tuple[str, list[int]]]:
    """What each claim returned, by its claim id."""
    for path, output in database.outputs():
        if "/claim" in path and isinstance(output, list):
            yield path, [payload["n"] for payload in output]


def lines_about(storm: Storm, faults: list[str]) -> list[Any]:
    """The history of every item that a fault names."""
    ids = {item for item in storm.sink.effects() if any(item in fault for fault in faults)}
    return [line for item in sorted(ids) for line in ("", *storm.chronicle.about(item.encode()))]
