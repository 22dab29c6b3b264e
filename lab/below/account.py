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


class Ack(NamedTuple):
    """One item done, as it was confirmed."""

    number: int
    generation: int
    told: float


class Verdict(NamedTuple):
    """Numbers of items of which something untrue was told."""

    lost: list[int]  # confirmed as pushed, and never worked off
    again: list[int]  # confirmed as acked, and handed out later
    twice: list[int]  # confirmed as acked by two claims
    unfenced: list[int]  # handed on under a generation that is no greater

    @property
    def total(self) -> int:
        return sum(map(len, self))

    def __str__(self) -> str:
        """How many of each, with the first few."""
        found = {name: numbers for name, numbers in self._asdict().items() if numbers}
        return "; ".join(f"{len(some)} {name}: {some[:5]}" for name, some in found.items())


@dataclass
class Account:
    """Kept by all clients of one queue, whose payloads are numbers, each pushed once."""

    pushed: dict[int, float] = field(default_factory=dict)
    acked: list[Ack] = field(default_factory=list)
    holds: dict[int, list[Hold]] = field(default_factory=lambda: defaultdict(list))
    forgotten: list[str] = field(default_factory=list)  # claims lost long before their lease

    def has_pushed(self, number: int) -> None:
        self.pushed[number] = time.monotonic()

    def claimed(self, claim: Claim, asked: float) -> None:
        hold = Hold(claim.generation, asked, time.monotonic())
        for item in claim.items:
            self.holds[item.payload].append(hold)

    def has_acked(self, numbers: Iterable[int], generation: int) -> None:
        now = time.monotonic()
        self.acked.extend([Ack(number, generation, now) for number in numbers])

    def verdict(self) -> Verdict:
        """Judge once everything that is left has been worked off and written down here, too."""
        first = self._first_acks()
        times = Counter(ack.number for ack in self.acked)
        return Verdict(
            lost=sorted(self.pushed.keys() - first.keys()),
            again=sorted(ack.number for ack in first.values() if self._is_held_after(ack)),
            twice=sorted(number for number in times if times[number] > 1),
            unfenced=sorted(filter(self._is_unfenced, self.holds)),
        )

    def told_at(self, verdict: Verdict) -> list[float]:
        """When clients were told what turned out to be untrue."""
        acks = self._first_acks()
        return [self.pushed[n] for n in verdict.lost] + [acks[n].told for n in verdict.again]

    def _first_acks(self) -> dict[int, Ack]:
        """The ack of each item under its smallest generation."""
        latest_first = sorted(self.acked, key=lambda ack: ack.generation, reverse=True)
        return {ack.number: ack for ack in latest_first}

    def _is_held_after(self, ack: Ack) -> bool:
        return any(hold.generation > ack.generation for hold in self.holds[ack.number])

    def _is_unfenced(self, number: int) -> bool:
        holds = self.holds[number]
        return any(
            later.asked > earlier.told and later.generation <= earlier.generation
            for earlier in holds
            for later in holds
        )
