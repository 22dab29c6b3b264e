"""Renews leases from one daemon thread while the work goes on elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol
from weakref import ref

from redis_xcom.life import Life

log = logging.getLogger(__name__)

BEATS_PER_LEASE = 5
"""A live owner must be heard within a third of its lease; the rest is for late beats."""
LONGEST_PAUSE = 10.0
"""Seconds between two beats, however long the lease is: who is silent for longer may be dead."""
LINGER = 10.0


class Renewable(Protocol):
    """What holds a lease. `renew` raises nothing; False ends its beats."""

    @property
    def lease_seconds(self) -> float: ...

    def renew(self) -> bool: ...


class Heartbeat:
    """One for each queue: a server that hangs delays nobody else's beats.

    A claim that its holder has dropped is not renewed any more: nobody could ever settle it.
    The thread ends after ten idle seconds and starts again when needed. A process that forks
    must not use it in the child.
    """

    def __init__(self, life: Life | None = None) -> None:
        self._life = life or Life()
        self._changed = threading.Condition()
        self._next: dict[int, tuple[float, ref[Renewable]]] = {}
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
        pause = min(renewable.lease_seconds / BEATS_PER_LEASE, LONGEST_PAUSE)
        due = time.monotonic() + pause
        self._next[id(renewable)] = (due, ref(renewable))

    def _run(self) -> None:
        while self._beat_next():
            pass

    def _beat_next(self) -> bool:
        """Wait for the next beat that is due, and beat; False after ten idle seconds."""
        if (renewable := self._wait_for_next()) is None:
            return False
        if not self._beat(renewable):
            self.remove(renewable)
        return True

    def _beat(self, renewable: Renewable) -> bool:
        try:
            return self._life.goes_on() and renewable.renew()
        except Exception:  # the other claims need this thread
            log.exception("A heartbeat failed and is tried again")
            return True

    def _wait_for_next(self) -> Renewable | None:
        with self._changed:
            while self._next or self._changed.wait(LINGER) or self._next:
                if not self._next:
                    continue
                key, (due, known) = min(self._next.items(), key=_due)
                if (pause := due - time.monotonic()) > 0:
                    self._changed.wait(pause)
                elif (renewable := known()) is None:
                    del self._next[key]
                else:
                    self._plan(renewable)
                    return renewable
            self._thread = None
            return None


def _due(planned: tuple[int, tuple[float, ref[Renewable]]]) -> float:
    return planned[1][0]
