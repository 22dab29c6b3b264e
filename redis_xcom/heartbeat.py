"""Renews leases from one daemon thread while the work goes on elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

log = logging.getLogger(__name__)

BEATS_PER_LEASE = 5
"""A live owner must be heard within a third of its lease; the rest is for late beats."""
LINGER = 10.0


class Renewable(Protocol):
    """What holds a lease. `renew` raises nothing; False ends its beats."""

    @property
    def lease_seconds(self) -> float: ...

    def renew(self) -> bool: ...


class Heartbeat:
    """One for each queue: a server that hangs delays nobody else's beats.

    The thread ends after ten idle seconds and starts again when needed. A process that forks
    must not use it in the child.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next: dict[int, tuple[float, Renewable]] = {}
        self._thread: threading.Thread | None = None

    def add(self, renewable: Renewable) -> None:
        with self._changed:
            self._plan(renewable)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="redis-xcom-heartbeat", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def remove(self, renewable: Renewable) -> None:
        with self._changed:
            self._next.pop(id(renewable), None)
            self._changed.notify()

    def _plan(self, renewable: Renewable) -> None:
        due = time.monotonic() + renewable.lease_seconds / BEATS_PER_LEASE
        self._next[id(renewable)] = (due, renewable)

    def _run(self) -> None:
        while (renewable := self._wait_for_next()) is not None:
            if not _beat(renewable):
                self.remove(renewable)

    def _wait_for_next(self) -> Renewable | None:
        with self._changed:
            while True:
                if not self._next and not self._changed.wait(LINGER) and not self._next:
                    self._thread = None
                    return None
                due, renewable = min(self._next.values(), default=(0.0, None), key=_due)
                if renewable is None:
                    continue
                pause = due - time.monotonic()
                if pause <= 0:
                    self._plan(renewable)
                    return renewable
                self._changed.wait(pause)


def _beat(renewable: Renewable) -> bool:
    try:
        return renewable.renew()
    except Exception:  # the other claims need this thread
        log.exception("A heartbeat failed and is tried again")
        return True


def _due(planned: tuple[float, Renewable | None]) -> float:
    return planned[0]
