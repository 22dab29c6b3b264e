"""Who pushes: a name and a running number, by which a repeated push is recognised."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator

from redis_xcom.claimant import this_process


class Producer(threading.local):
    """One a thread and process: the server remembers one number a producer, not an id a push."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._token = secrets.token_urlsafe(5)
        self._pushes = 0
        self._items = 0
        self.name = f"{this_process()}:{secrets.token_hex(8)}"

    def next_number(self) -> int:
        self._pushes += 1
        return self._pushes

    def item_ids(self) -> Iterator[str]:
        """Yield ids that no other item has, `<ms>-<who>-<number>`, all of this moment."""
        if self._pid != os.getpid():
            self._start()
        made = f"{time.time_ns() // 1_000_000}-{self._token}-"
        while True:
            self._items += 1
            yield made + str(self._items)
