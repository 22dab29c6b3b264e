"""Kills one task between its claim and its success: the moment at which a queue can lose items."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.airflow import LocalAirflow
from redis_xcom import Queue

POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Held:
    """One entry of the hash of claims: the id and the owner name everything."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    pid: int
    items: int

    def __str__(self) -> str:
        return f"{self.dag_id}.{self.task_id}[{self.map_index}], pid {self.pid}"


def read_claims(claims: dict[bytes, bytes]) -> Iterator[Held]:
    for claim_id, record in claims.items():
        told = json.loads(record)
        dag_id, run_id, task_id, *index = claim_id.decode().split("/")
        pid = int(told["owner"].rpartition(":")[2])
        yield Held(dag_id, run_id, task_id, int(index[0]) if index else -1, pid, told["held"])


class Killer:
    """
    Watches who holds what, stops an owner, and kills it if its claim has not come further.

    :param airflow: whose tasks may be killed.
    :param queue: whose claims are watched.
    :param client: to watch with.
    """

    def __init__(self, airflow: LocalAirflow, queue: Queue, client: Any) -> None:
        self._airflow = airflow
        self._key = queue.keys.part("claims")
        self._client = client
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.kill: Held | None = None

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10.0)
        self._client.close()

    def _watch(self) -> None:
        seen: set[Held] = set()
        while self.kill is None and not self._over.wait(POLL_SECONDS):
            for held in read_claims(self._client.hgetall(self._key)):
                if held not in seen and self._kills(held):
                    self.kill = held
                    return
                seen.add(held)

    def _kills(self, held: Held) -> bool:
        """Hold the owner still while looking whether the claim's output is out already."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(held.pid, signal.SIGSTOP)
            doomed = False
            try:
                doomed = self._is_undone(held)
            finally:
                os.kill(held.pid, signal.SIGKILL if doomed else signal.SIGCONT)
            return doomed
        return False

    def _is_undone(self, held: Held) -> bool:
        if held.pid not in {process.pid for process in self._airflow.processes()}:
            return False
        try:
            self._airflow.api.xcom(held.dag_id, held.run_id, held.task_id, map_index=held.map_index)
        except KeyError:
            return held in set(read_claims(self._client.hgetall(self._key)))
        return False
