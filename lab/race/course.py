"""Where the racers of one run meet, and where each of them writes down what it is told: Redis."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

from lab.waiting import wait_until

SECONDS = 240.0
"""How long one waits for another: a retry has to be started on a busy machine."""
START_SECONDS = 0.05
"""From when everybody is there to the common start."""


class Course:
    """The keys of one run; everything written survives whoever wrote it."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client = client
        self._base = f"race:{run_id}"

    def write(self, **entry: Any) -> None:
        """Note what happened, behind all that happened before."""
        self._client.rpush(self._base, json.dumps(entry | {"at": time.time()}))

    def entries(self) -> list[dict[str, Any]]:
        """All that was noted, in its order."""
        return [json.loads(entry) for entry in self._client.lrange(self._base, 0, -1)]

    def round_of(self, racer: int) -> int:
        """Which round a racer is in; a retry is in the one that its last try died in."""
        return int(self._client.hget(f"{self._base}:rounds", racer) or 0)

    def finish(self, racer: int, number: int) -> None:
        self._client.hset(f"{self._base}:rounds", racer, number + 1)

    def meet(self, racer: int, number: int, racers: int) -> None:
        """Return when all racers are there, alive, and at the same moment."""
        there = f"{self._base}:there:{number}"
        self._client.sadd(there, racer)
        self._wait(lambda: self._client.scard(there) >= racers, f"everybody in round {number}")
        start = f"{self._base}:start:{number}"
        self._client.set(start, time.time() + START_SECONDS, nx=True)
        begins = float(self._client.get(start))
        wait_until(lambda: time.time() >= begins, "the start", every=0.001)

    def mark(self, what: str, number: int) -> bool:
        """Let everybody know of something; False where it is known already."""
        return bool(self._client.set(f"{self._base}:{what}:{number}", 1, nx=True))

    def is_marked(self, what: str, number: int) -> bool:
        return bool(self._client.exists(f"{self._base}:{what}:{number}"))

    def wait_for(self, what: str, number: int) -> None:
        self._wait(partial(self.is_marked, what, number), f"{what} in round {number}")

    def _wait(self, known: Any, what: str) -> None:
        wait_until(known, what, timeout=SECONDS, every=0.05)
