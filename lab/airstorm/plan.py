"""What will strike, and when: made from a seed before anything runs."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

KINDS = {
    "task killed": 22,
    "supervisor killed": 18,
    "cleared": 16,
    "marked failed": 14,
    "killed before its ack": 4,
    "task frozen": 6,
    "push killed": 8,
    "triggerer frozen": 6,
    "scheduler killed": 4,
}
"""The strikes of a whole storm."""

THE_FOUR = ("task killed", "supervisor killed", "cleared", "marked failed")
LAST = 0.85
"""No strike is due beyond this share of the work: late ones still find tasks to strike."""


SOONER = {"push killed": 0.6}
"""Pushing ends before claiming does."""

CONSUMERS = {"storm_claim": 4, "storm_handle": 2, "storm_inside": 2, "storm_drain": 1}
"""How often which DAG claims."""


FAILS = ("", "", "", "", "", "", "once", "for good")
"""How the tasks that claim fail by themselves after their work: by chance one of these."""


@dataclass(frozen=True)
class Strike:
    """Due once so many items are acked; `pick` chooses among those that can be struck then."""

    due: int
    kind: str
    pick: float


@dataclass(frozen=True)
class Run:
    """A run of one of the storm's DAGs, shaped by its conf."""

    dag_id: str
    conf: dict[str, Any]

    @property
    def fails(self) -> list[int]:
        """The slots whose task is made to fail for good."""
        slots = enumerate(self.conf.get("slots", []))
        return [place for place, slot in slots if slot.get("fails") == "for good"]


def strikes(seed: int, items: int, kinds: dict[str, int]) -> list[Strike]:
    """Answer all strikes in the order they are due, spread evenly over the work."""
    dice = random.Random(f"strikes {seed}")
    names = list(Counter(kinds).elements())
    dice.shuffle(names)
    step = LAST * items / max(1, len(names))
    struck = [
        Strike(int(step * (place + dice.random()) * SOONER.get(name, 1)), name, dice.random())
        for place, name in enumerate(names)
    ]
    return sorted(struck, key=lambda strike: strike.due)


def pushes(items: int, runs: int, chunk: int) -> list[Run]:
    """Runs that push 0, 1, 2 … between them, so many at once."""
    numbers = [{"n": n} for n in range(items)]
    chunks = [numbers[at : at + chunk] for at in range(0, items, chunk)]
    each = -(-len(chunks) // runs)
    return [
        Run("storm_push", {"chunks": chunks[at : at + each]}) for at in range(0, len(chunks), each)
    ]


class Consumers:
    """Runs that claim, one after the other without end."""

    def __init__(self, seed: int, *, slots: int, limit: int, lease: float) -> None:
        self._dice = random.Random(f"consumers {seed}")
        self._slots = slots
        self._limit = limit
        self._lease = lease

    def next(self) -> Run:
        dag_id = self._dice.choices(list(CONSUMERS), CONSUMERS.values())[0]
        slots = [self._slot(n) for n in range(self._dice.randint(2, self._slots))]
        if dag_id == "storm_drain":
            slots = [{"limit": 3 * slot["limit"], "batch": slot["limit"]} for slot in slots]
        elif dag_id == "storm_claim":
            slots = [slot | {"fails": self._dice.choice(FAILS)} for slot in slots]
        return Run(dag_id, self._conf(slots) | {"defer": self._dice.random() < 0.5})

    def last_drain(self) -> Run:
        """What works off the rest, and waits for the leases of the dead to end."""
        return Run("storm_drain", self._conf([{"limit": 10**6, "batch": 50, "idle": 5}]))

    def _conf(self, slots: list[dict[str, Any]]) -> dict[str, Any]:
        return {"slots": slots, "lease": self._lease}

    def _slot(self, number: int) -> dict[str, int]:
        return {"slot": number, "limit": self._dice.randint(self._limit // 2, self._limit)}
