"""One run of each kind, and what it took."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.airflow.watcher import Watcher
from bench.payload import ORDER
from bench.row import Row
from lab.airflow_api import AirflowApi
from redis_xcom import Queue

DAGS = Path(__file__).with_name("dags")
DRAINED = 10_000
MAPPED = 1_000
ROUNDS = 3
LONGEST_SECONDS = 1_800.0
GOAL = 1_000
NAMES = (f"bench-{number}" for number in itertools.count(1))


@dataclass(frozen=True)
class Took:
    """Items, the seconds of the work alone, and those from the run's start to its end."""

    items: int
    work: float
    run: float

    @property
    def rate(self) -> float:
        return self.items / self.work

    @property
    def run_rate(self) -> float:
        return self.items / self.run


def rows(
    api: AirflowApi, client: Any, *, drained: int = DRAINED, mapped: int = MAPPED
) -> list[Row]:
    drains = [drain(api, client, drained) for _ in range(ROUNDS)]
    tasks = map_over(api, mapped)
    rate, run_rate = median(d.rate for d in drains), median(d.run_rate for d in drains)
    return [
        Row("Airflow: 4 drain tasks on 2 slots, items/s", rate),
        Row("Airflow: the whole run of 4 drain tasks, items/s", run_rate),
        Row("Airflow: a mapped task for each item on 2 slots, items/s", tasks.rate),
        Row("Airflow: the whole run of mapped tasks, items/s", tasks.run_rate),
        Row("Airflow: drain tasks against mapped tasks", rate / tasks.rate, GOAL),
        Row("Airflow: their whole runs", run_rate / tasks.run_rate),
    ]


def drain(api: AirflowApi, client: Any, items: int) -> Took:
    """From the first claim to the last ack, as the queue itself counts them."""
    queue = Queue(next(NAMES), client=client)
    queue.push_many([ORDER] * items)
    with Watcher(queue, client, items) as watcher:
        run_id = _play(api, "drained", {"queue": queue.name})
    stats = queue.stats()
    if (stats.acked, stats.total) != (items, 0):
        raise RuntimeError(f"{stats.acked} of {items} items are done, {stats.total} are left")
    return Took(items, watcher.seconds, api.span("drained", run_id).total_seconds())


def map_over(api: AirflowApi, items: int) -> Took:
    """From the first mapped task's start to the last one's end, as Airflow notes them."""
    run_id = _play(api, "mapped", {"order": ORDER, "items": items})
    work, run = api.span("mapped", run_id, "work"), api.span("mapped", run_id)
    return Took(items, work.total_seconds(), run.total_seconds())


def _play(api: AirflowApi, dag_id: str, conf: dict[str, Any]) -> str:
    api.wait_for_dag(dag_id)
    run_id = api.trigger(dag_id, conf=conf)
    if api.wait_for_run(dag_id, run_id, timeout=LONGEST_SECONDS) != "success":
        raise RuntimeError(f"the run {run_id} of {dag_id} has failed")
    return run_id
