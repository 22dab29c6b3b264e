"""Tells now and then how far a drain is."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from redis_xcom import Queue

    from .tally import Tally

EVERY = 10.0


class Progress:
    """Logs while its block runs, from a thread of its own: however long a single item takes.

    What remains, and how soon it is done, is told of the queues as a whole: others may drain them,
    too, and more may come.
    """

    def __init__(self, queues: Sequence[Queue], tally: Tally, log: Any) -> None:
        self._queues = queues
        self._tally = tally
        self._log = log
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="redis-xcom-progress", daemon=True)
        self._before: tuple[float, int] | None = None

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            tally = self._tally
            rate = tally.done / tally.seconds
            self._log.info(
                "%s done, %s failed, %.1f/s; %s", tally.done, tally.failed, rate, self._outlook()
            )

    def _outlook(self) -> str:
        try:
            stats = [queue.stats() for queue in self._queues]
        except RedisXComError as error:
            return f"what remains is not known: {error}"
        left = sum(one.ready + one.waiting + one.delayed for one in stats)
        names = ", ".join(queue.name for queue in self._queues)
        return f"{left} remain in queue {names}, {self._eta(left, sum(one.acked for one in stats))}"

    def _eta(self, left: int, acked: int) -> str:
        now = self._tally.seconds
        then, before = self._before or (now, acked)
        self._before = now, acked
        if acked <= before:
            return "no end in sight"
        return f"done in {timedelta(seconds=round(left * (now - then) / (acked - before)))}"
