"""What a claimant could get of a queue at one moment, and who has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

QUIET = timedelta(seconds=30)
"""After so long without a renewal a claim is silent: a living owner renews it three times."""


@dataclass(frozen=True)
class Outlook:
    """Where the items are, as far as it matters to whoever waits for some."""

    ready: int
    delayed: int
    due: int  # of the delayed ones: what the next claim makes ready
    claims: int
    claimed: int
    silent: int  # claims not heard of for `quiet`, or whose lease ran out; a few hundred at most
    paused: bool
    waiting: int  # behind an item of their ordering key
    room: int | None  # how many more may be claimed, as `Queue.limit` says; None: no bound
    next_due: timedelta | None  # until the first delayed item is due; None: none is delayed
    oldest: timedelta | None  # age of the first ready item; None: none, or pushed by a stranger

    @property
    def available(self) -> int:
        """What could be claimed now; nothing of a paused queue."""
        there = 0 if self.paused else self.ready + self.due
        return there if self.room is None else min(there, self.room)

    @property
    def live(self) -> int:
        """Claims whose owners are heard of."""
        return self.claims - self.silent


def read_outlook(reply: Sequence[int]) -> Outlook:
    ready, delayed, due, claims, claimed, silent, paused, waiting, room, due_ms, oldest_ms = reply
    return Outlook(
        *(ready, delayed, due, claims, claimed, silent, bool(paused), waiting),
        room=None if room < 0 else room,
        next_due=_span(due_ms),
        oldest=_span(oldest_ms),
    )


def _span(ms: int) -> timedelta | None:
    return None if ms < 0 else timedelta(milliseconds=ms)
