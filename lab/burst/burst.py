"""One burst from its push to its account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lab.waiting import wait_until
from redis_xcom import Queue

if TYPE_CHECKING:
    from lab.airflow import LocalAirflow

TAG = "bursts"
WORKED_OFF_SECONDS = 600.0
FINISHED = {"success", "failed"}


@dataclass
class Burst:
    """So many items for one queue, and the runs that it calls.

    :param every: seconds between two calls, as the DAG has it.
    """

    name: str
    items: int
    every: int
    airflow: LocalAirflow
    client: Any
    push_seconds: float = field(init=False, default=0.0)
    seconds: float = field(init=False, default=0.0)

    @cached_property
    def queue(self) -> Queue:
        return Queue(self.name, client=self.client, tag=TAG)

    @cached_property
    def results(self) -> Queue:
        return Queue(f"{self.name}-results", client=self.client, tag=TAG)

    def work_off(self, meanwhile: Callable[[Burst], None]) -> None:
        """Push all of it, and return when nothing is left and every run has ended."""
        began = time.monotonic()
        self.queue.push_many(range(self.items))
        self.push_seconds = time.monotonic() - began
        meanwhile(self)
        self.wait_for(1.0)
        self.seconds = time.monotonic() - began
        wait_until(
            lambda: {run["state"] for run in self.runs()} <= FINISHED,
            f"the runs of {self.name} to end",
            timeout=120,
            every=1,
        )

    def wait_for(self, share: float) -> None:
        """Return when so much of it is done."""
        wait_until(
            lambda: self.queue.stats().acked >= share * self.items,
            f"{share:.0%} of {self.name} to be worked off",
            timeout=WORKED_OFF_SECONDS,
            every=0.2,
        )

    def runs(self) -> list[dict[str, Any]]:
        return self.airflow.api.runs(self.name)

    @property
    def most_runs(self) -> int:
        """What the queue may call: one at once, and one each so many seconds."""
        return int(self.seconds / self.every) + 1

    def faults(self) -> Iterator[str]:
        stats = self.queue.stats()
        if (stats.acked, stats.total) != (self.items, 0):
            yield f"{self.name}: {stats.acked} of {self.items} acked, {stats.total} left"
        yield from self._wrong_results()
        if self.push_seconds > 1:
            yield f"{self.name}: pushed in {self.push_seconds:.1f} s: no burst"
        if len(self.runs()) > self.most_runs:
            yield f"{self.name}: {len(self.runs())} runs, {self.most_runs} at most"
        for run in self.runs():
            if run["state"] != "success":
                yield f"{self.name}: run {run['dag_run_id']} {run['state']}"

    def failures(self) -> Iterator[str]:
        """What the runs that failed have logged."""
        for run in self.runs():
            if run["state"] == "failed":
                yield self.airflow.api.log(self.name, run["dag_run_id"], "work", attempt=1)

    def row(self) -> tuple[object, ...]:
        return (
            *(self.name, self.queue.stats().acked, round(self.push_seconds, 2)),
            *(round(self.seconds, 1), len(self.runs()), self.most_runs),
        )

    def _wrong_results(self) -> Iterator[str]:
        """Each item's work was forwarded in the step that acked it: once and no more."""
        counts = Counter(item.payload for item in self.results.drain(1000))
        for number in range(self.items):
            if counts[number] != 1:
                yield f"{self.name}: number {number} was worked {counts[number]} times"
