"""The tasks that can be struck at this moment."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import psutil

from lab.airflow import LocalAirflow
from lab.airstorm.names import QUEUE, TAG
from lab.airstorm.sink import Sink
from redis_xcom.keys import Keys

TASK_TITLE = re.compile(r"airflow worker -- [0-9a-f]{8}-")
"""What a task's process calls itself, by the id of its try."""


class Target(NamedTuple):
    """A task's process, and which task it runs: `dag/run/task[/index]`, or an anonymous claim."""

    place: str
    pid: int

    @property
    def task(self) -> dict[str, Any]:
        """The task as the API wants it; raises `ValueError` for an anonymous claim."""
        dag_id, run_id, task_id, *index = self.place.split("/")
        map_index = int(index[0]) if index else -1
        return {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": map_index}


class Targets:
    """Looks for processes that hold a claim, or that linger in the middle of their work.

    :param client: of the server that the queue is on.
    """

    def __init__(self, airflow: LocalAirflow, client: Any, sink: Sink) -> None:
        self._airflow = airflow
        self._client = client
        self._sink = sink
        self._claims = Keys(QUEUE, tag=TAG).part("claims")

    def holding(self) -> list[Target]:
        """Whoever holds a claim, in whatever line of its code it is."""
        claims = self._client.hgetall(self._claims)
        owners = ((name.decode(), json.loads(text)["owner"]) for name, text in claims.items())
        return self._supervised((name, int(owner.rpartition(":")[2])) for name, owner in owners)

    def lingering(self, *dag_ids: str) -> list[Target]:
        """Whoever is in the middle of its work."""
        found = self._supervised((place, pid) for pid, place in self._sink.lingering())
        return [target for target in found if target.place.startswith(dag_ids)]

    def none_works(self) -> bool:
        """No task's process is left, whether supervised or not."""
        return not any(_works(process) for process in self._airflow.processes())

    def _supervised(self, found: Any) -> list[Target]:
        return sorted(Target(place, pid) for place, pid in set(found) if self._has_supervisor(pid))

    def _has_supervisor(self, pid: int) -> bool:
        """An orphan has been struck already; its new parent is who adopts all orphans."""
        parent = parent_of(pid)
        return parent is not None and parent.pid != self._airflow.pid


def parent_of(pid: int) -> psutil.Process | None:
    """The parent of a process that lives, and is no zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.parent()
    except psutil.NoSuchProcess:
        return None


def _works(process: psutil.Process) -> bool:
    try:
        return TASK_TITLE.match(" ".join(process.cmdline())) is not None
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
