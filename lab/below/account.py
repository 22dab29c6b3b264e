"""What clients were told, and whether it was true in the end."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from redis_xcom import Claim


class Hold(NamedTuple):
    """One item in one claimant's hands, as it was told."""

    generation: int
    asked: float
    told: float


class Verdict(NamedTuple):
    """Numbers of items of which something untrue was told."""

    lost: list[int]  # confirmed as pushed, and never worked off
    again: list[int]  # confirmed as acked, handed out again
    twice: list[int]  # confirmed as acked by two claims
    unfenced: list[int]  # handed on under a generation that is no greater

    @property
    def total(self) -> int:
        return sum(map(len, self))


@dataclass
class Account:
    """Kept by all clients of one queue, whose payloads are numbers, each pushed once."""

    pushed: dict[int, float] = field(default_factory=dict)
    acked: list[tuple[int, float]] = field(default_factory=list)
    holds: dict[int, list[Hold]] = field(default_factory=lambda: defaultdict(list))
    forgotten: list[str] = field(default_factory=list)  # claims lost long before their lease

    def has_pushed(self, number: int) -> None:
        self.pushed[number] = time.monotonic()

    def claimed(self, claim: Claim, asked: float) -> None:
        hold = Hold(claim.generation, asked, time.monotonic())
        for item in claim.items:
            self.holds[item.payload].append(hold)

    def has_acked(self, numbers: Iterable[int]) -> None:
        now = time.monotonic()
        self.acked.extend((number, now) for number in numbers)

    def verdict(self) -> Verdict:
        """Judge once everything that is left has been worked off and written down here, too."""
        first_ack = self._first_acks()
        return Verdict(
            lost=sorted(self.pushed.keys() - first_ack.keys()),
            again=sorted(n for n in first_ack if self._held_after(n, first_ack[n])),
            twice=sorted(n for n, times in Counter(n for n, _ in self.acked).items() if times > 1),
            unfenced=sorted(filter(self._is_unfenced, self.holds)),
        )

    def told_at(self, verdict: Verdict) -> list[float]:
        """When clients were told what turned out to be untrue."""
        acks = self._first_acks()
        return [self.pushed[n] for n in verdict.lost] + [acks[n] for n in verdict.again]

    def _first_acks(self) -> dict[int, float]:
        first: dict[int, float] = {}
        for number, when in self.acked:
            first.setdefault(number, when)
        return first

    def _held_after(self, number: int, when: float) -> bool:
        return any(hold.asked > when for hold in self.holds[number])

    def _is_unfenced(self, number: int) -> bool:
        holds = self.holds[number]
        return any(
            later.asked > earlier.told and later.generation <= earlier.generation
            for earlier in holds
            for later in holds
        )
