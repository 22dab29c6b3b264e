"""One call under judgement: the entry, and everything as it was and as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.history.book import Book
from lab.history.entry import Entry
from lab.history.holdings import Claim, Holdings, Record
from lab.history.journey import Place
from lab.history.shadow import Shadow

TAKERS = {"claim": 1, "hand_over": 4}
"""Where the arguments of a script name who gets the items; the incarnation comes behind it."""


@dataclass(frozen=True)
class Call:
    """What the rules ask about a call."""

    entry: Entry
    book: Book
    shadow: Shadow
    holdings: Holdings

    @property
    def script(self) -> str:
        return self.entry.script

    @property
    def claim_id(self) -> str:
        """Who claims, settles, extends or hands over."""
        return self.entry.argv[1].decode()

    @property
    def taker(self) -> str:
        """Whose claim the items go to, or are taken over in."""
        at = TAKERS.get(self.script)
        return self.entry.argv[at].decode() if at else ""

    @property
    def incarnation(self) -> bytes:
        """Which try of the taker it is."""
        return self.entry.argv[TAKERS[self.script] + 1]

    @property
    def generation(self) -> int:
        """The generation that a claim follows, or that is settled, extended or handed over."""
        named = self.entry.argv[3 if self.script == "claim" else 2]
        return int(named or 0)

    @property
    def acks_first(self) -> bool:
        return self.script == "claim" and self.entry.argv[4] == b"1"

    @property
    def letter(self) -> bytes:
        return self.entry.argv[3] if self.script == "settle" else b""

    def queue_ms(self, base: str) -> float:
        return float(self.shadow.part(base, "state").get(b"seen", 0))

    def check(self, holds: Any, otherwise: str) -> bool:
        return self.book.check(holds, f"{otherwise} [{self.entry}]")

    def holder(self, place: Place) -> Record | None:
        """The live claim that an item was in when this call began."""
        record = self.holdings.before(Claim(place.base, place.claim_id))
        held = record is not None and record.outcome(place.number) == "h"
        self.check(held, f"place {place.slot!r} was not held by a live claim")
        return record
