"""Who pushes: a name and a running number, by which a repeated push is recognised."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator

from redis_xcom.claimant import this_process


class Producer(threading.local):
    """One a thread and process: the server remembers one number a producer, not an id a push."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._token = secrets.token_urlsafe(7)
        self._pushes = 0
        self._items = 0
        self.name = f"{this_process()}:{secrets.token_hex(8)}"

    def next_number(self) -> int:
        self._pushes += 1
        return self._pushes

    def item_ids(self) -> Iterator[str]:
        """Yield ids that no other producer and no earlier item of this one has."""
        if self._pid != os.getpid():
            self._start()
        while True:
            self._items += 1
            yield f"{self._token}-{self._items}"
