"""When a queue's first item was claimed and its last one acked, by its server's clock."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from redis_xcom import Queue

EVERY_SECONDS = 0.002


class Watcher:
    """Reads the queue's own totals every two milliseconds while its block runs.

    What it says is at most two such steps too long, never too short.
    """

    def __init__(self, queue: Queue, client: Any, items: int) -> None:
        self._state = queue.keys.part("state")
        self._client = client
        self._items = items
        self._began = 0.0
        self._ended = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def seconds(self) -> float:
        return self._ended - self._began

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended and not self._over.wait(EVERY_SECONDS):
            (seconds, micros), delivered, acked = self._look()
            now = seconds + micros / 1_000_000
            if delivered == 0:
                self._began = now
            if acked == self._items:
                self._ended = now

    def _look(self) -> tuple[tuple[int, int], int, int]:
        pipeline = self._client.pipeline()
        pipeline.time()
        pipeline.hmget(self._state, "delivered", "acked")
        time, (delivered, acked) = pipeline.execute()
        return time, int(delivered or 0), int(acked or 0)
