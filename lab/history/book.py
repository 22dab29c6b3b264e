"""What is known so far: the life of each item, how many events of each kind, what broke a rule."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lab.history.entry import Envelope

NUMBER = re.compile(rb'"n": ?"?([\w./-]+)')
ORIGIN = re.compile(rb'"of": ?"?([\w./-]+)')
MOST_VIOLATIONS = 100


@dataclass
class Life:
    """An item so far; `deliveries` since it was pushed or redriven."""

    number: bytes | None
    payload: int
    generation: int = 0
    deliveries: int = 0


class End(NamedTuple):
    """How an item ended, by whom, under which generation."""

    how: str
    claim_id: str = ""
    generation: int = 0
    number: bytes | None = None


class Delivery(NamedTuple):
    """What was handed out under one generation."""

    claim_id: str
    items: list[bytes]


@dataclass
class Book:
    """Items are known by id; their payloads may bear a number `"n"`, results an origin `"of"`."""

    events: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    lives: dict[bytes, Life] = field(default_factory=dict)
    ends: dict[bytes, End] = field(default_factory=dict)
    pushed: dict[tuple[str, bytes], bytes] = field(default_factory=dict)
    deliveries: dict[tuple[str, int], Delivery] = field(default_factory=dict)
    returns: set[tuple[bytes, int, str]] = field(default_factory=set)
    results: Counter[tuple[str, bytes]] = field(default_factory=Counter)

    def check(self, holds: Any, otherwise: str) -> bool:
        """Note a violation unless it holds; the first hundred are enough."""
        if not holds and len(self.violations) < MOST_VIOLATIONS:
            self.violations.append(otherwise)
        return bool(holds)

    def begin(self, base: str, envelope: Envelope) -> None:
        number = _found(NUMBER, envelope.payload)
        known = envelope.id in self.lives or envelope.id in self.ends
        self.check(not known, f"{envelope.id!r} was pushed before")
        first = self.pushed.setdefault((base, number), envelope.id) if number else envelope.id
        self.check(first == envelope.id, f"number {number!r} was pushed twice")
        if (origin := _found(ORIGIN, envelope.payload)) is not None:
            self.results[base, origin] += 1
        self.lives[envelope.id] = Life(
            number, hash(envelope.payload), deliveries=envelope.deliveries
        )

    def life(self, envelope: Envelope) -> Life:
        """Return the item's life; a foreign value's goes on under the id it gets when claimed."""
        life = self.lives.get(envelope.id)
        if life is None:
            life = self.lives.pop(b"bare " + envelope.payload, None)
            known = self.check(life is not None, f"{envelope.id!r} was never pushed")
            life = life if known else Life(None, hash(envelope.payload))
            self.lives[envelope.id] = life
        return life

    def deliver(self, base: str, claim_id: str, generation: int, item: bytes) -> None:
        self.lives[item].deliveries += 1
        self.hand_over(base, claim_id, generation, item)

    def hand_over(self, base: str, claim_id: str, generation: int, item: bytes) -> None:
        """From claim to claim: held under another generation, and no delivery."""
        self.lives[item].generation = generation
        delivery = self.deliveries.setdefault((base, generation), Delivery(claim_id, []))
        delivery.items.append(item)

    def end(self, item: bytes, how: str, claim_id: str = "", generation: int = 0) -> None:
        life = self.lives.pop(item, None)
        if self.check(life is not None, f"{item!r} ended and did not live: {self.ends.get(item)}"):
            self.ends[item] = End(how, claim_id, generation, life.number)


def _found(pattern: re.Pattern[bytes], payload: bytes) -> bytes | None:
    found = pattern.search(payload)
    return found[1] if found else None
