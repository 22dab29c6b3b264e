"""What a queue looks like at one moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

TOTALS = (
    "pushed",
    "delivered",
    "acked",
    "released",
    "rejected",
    "expired",
    "died",
    "redriven",
    "purged",
)
PUSHED_AT = re.compile(rb'\{"xcom":"([0-9]{13})-')


@dataclass(frozen=True)
class Stats:
    """Items by where they are, and totals since the queue began."""

    ready: int
    claimed: int
    claims: int
    delayed: int
    waiting: int  # behind others of their ordering key
    dead: int
    paused: bool
    max_claimed: int | None
    oldest: timedelta | None  # age of the first ready item; None: none, or pushed by a stranger
    pushed: int  # by our producers; what others RPUSH is counted when it is delivered
    delivered: int
    acked: int
    released: int
    rejected: int
    expired: int  # came back because a lease ran out
    died: int
    redriven: int
    purged: int

    @property
    def total(self) -> int:
        """Items that are not done: ready, claimed, delayed, waiting or dead."""
        return self.ready + self.claimed + self.delayed + self.waiting + self.dead


def read_stats(reply: list[Any]) -> Stats:
    ready, claimed, claims, delayed, waiting, dead, now_ms, oldest, flat = reply
    state = dict(zip(flat[::2], flat[1::2], strict=True))
    totals = {name: int(state.get(name.encode(), 0)) for name in TOTALS}
    pushed_at = PUSHED_AT.match(oldest)
    age = timedelta(milliseconds=max(0, now_ms - int(pushed_at[1]))) if pushed_at else None
    paused, bound = state.get(b"paused") == b"1", int(state.get(b"max_claimed", 0)) or None
    counts = (ready, claimed, claims, delayed, waiting, dead)
    return Stats(*counts, paused, bound, age, **totals)
