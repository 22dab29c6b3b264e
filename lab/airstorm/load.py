"""The work that goes on while the storm strikes: runs that push, runs that claim."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.airflow_api import FINISHED, AirflowApi
from lab.airstorm.plan import Consumers, Run
from redis_xcom import Queue, Stats

RUNS_AT_ONCE = 3
PUSHES = "storm_push"


@dataclass
class Load:
    """Starts runs as there is work for them, until nothing is left in the queue.

    :param pushes: runs that push, started one by one as the queue gets short.
    :param low: how many items are few.
    """

    api: AirflowApi
    queue: Queue
    pushes: list[Run]
    consumers: Consumers
    low: int
    active: dict[str, str] = field(default_factory=dict)  # run id -> DAG id
    planted: set[str] = field(default_factory=set)  # the tasks that are made to fail for good
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def step(self) -> bool:
        """Start at most one run; False when all is done."""
        self.active = {
            run_id: dag_id
            for run_id, dag_id in self.active.items()
            if self.api.run_state(dag_id, run_id) not in FINISHED
        }
        stats = self.queue.stats()
        if run := self._next(stats):
            self._start(run)
        return bool(self.pushes or self.active or stats.total)

    def _next(self, stats: Stats) -> Run | None:
        is_pushing = PUSHES in self.active.values()
        if self.pushes and stats.ready < self.low and not is_pushing:
            return self.pushes.pop(0)
        if stats.ready and len(self.active) - is_pushing < RUNS_AT_ONCE:
            return self.consumers.next()
        if stats.total and not self.active:
            return self.consumers.last_drain()
        return None

    def _start(self, run: Run) -> None:
        run_id = f"run-{next(self._numbers):04d}"
        self.planted |= {f"{run.dag_id}/{run_id}/claim/{slot}" for slot in run.fails}
        self.active[self.api.trigger(run.dag_id, conf=run.conf, run_id=run_id)] = run.dag_id
