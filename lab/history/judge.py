"""Reads a history call by call, in the server's own order, and notes what breaks a rule."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lab.history.book import ORIGIN, Book
from lab.history.call import Call
from lab.history.claims import judge_bound, judge_claim, judge_renewal
from lab.history.entry import Entry
from lab.history.holdings import Holdings
from lab.history.journey import Journeys, Move
from lab.history.lines import Lines
from lab.history.shadow import Shadow
from lab.history.ways import judge_move

TRAIL = 5_000
"""Calls kept to explain a violation."""


@dataclass
class Judge:
    """What it has read so far is in `book`.

    :param forwarding: bases of queues whose every ack forwards exactly one result that names
        the item's number as its origin.
    """

    forwarding: frozenset[str] = frozenset()
    calls: int = 0
    trail: deque[Entry] = field(default_factory=lambda: deque(maxlen=TRAIL))
    book: Book = field(default_factory=Book)
    shadow: Shadow = field(default_factory=Shadow)
    journeys: Journeys = field(default_factory=Journeys)
    holdings: Holdings = field(default_factory=Holdings)
    lines: Lines = field(default_factory=Lines)

    @property
    def violations(self) -> list[str]:
        return self.book.violations

    @property
    def events(self) -> int:
        """Everything that befell an item or a lease."""
        return self.book.events.total()

    def read(self, entries: Iterable[Entry]) -> Judge:
        for entry in entries:
            self._read(entry)
        return self

    def _read(self, entry: Entry) -> None:
        self.calls += 1
        self.trail.append(entry)
        call = Call(entry, self.book, self.shadow, self.holdings)
        claimed = len(self.shadow.part(entry.base, "claimed"))
        for write in entry.writes:
            for step in self.shadow.apply(write):
                self.holdings.step(step)
                self.journeys.step(step)
        self._judge_moves(call)
        judge_bound(call, claimed)
        for claim, before, after in list(self.holdings.changed()):
            judge_claim(call, claim, before, after)
        for claim in self.holdings.deadlines:
            judge_renewal(call, claim)
        self.holdings.end_call(entry, call.queue_ms(entry.base))

    def _judge_moves(self, call: Call) -> None:
        moves = []
        for move, places in self.journeys.end_call():
            call.check(len(places) <= 1, f"{move.item!r} is in {len(places)} places: {places}")
            judge_move(call, move)
            moves.append(move)
        self.lines.judge(call, moves)
        if call.entry.base in self.forwarding:
            self._judge_forwards(call, moves)

    def _judge_forwards(self, call: Call, moves: list[Move]) -> None:
        acked = [self._number(m.item) for m in moves if m.start and m.end is None]
        came = [m.envelope.payload for m in moves if m.start is None]
        origins = [found[1] for payload in came if (found := ORIGIN.search(payload))]
        if call.script in {"claim", "settle"}:
            one_each = Counter(acked) == Counter(origins) and len(came) == len(origins)
            call.check(one_each, f"{acked} were acked, {came} forwarded")

    def _number(self, item: bytes) -> bytes | None:
        end = self.book.ends.get(item)
        return end and end.number

    def about(self, word: bytes) -> list[str]:
        """The latest calls that had to do with an item or a claim."""
        return [str(entry) for entry in self.trail if entry.mentions(word)]

    def settle_account(self, client: Any, *, all_done: bool = True) -> Judge:
        """At the end: the keys are what the history makes of them, and no item is left.

        :param all_done: items may be dead, but neither waiting nor claimed.
        """
        for difference in self.shadow.differences(client):
            self.book.check(None, difference)
        for queue_and_origin, count in self.book.results.items():
            self.book.check(count == 1, f"{count} results of {queue_and_origin}")
        left = {item: places[0].part for item, places in self.journeys.where.items()}
        undone = {item: part for item, part in left.items() if part != "dead"} if all_done else {}
        for part, count in Counter(undone.values()).items():
            example = next(item for item, home in undone.items() if home == part)
            self.book.check(None, f"{count} items are left in {part}: {example!r} …")
        return self
