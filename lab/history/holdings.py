"""Who holds what: the live claims before and after each call, and when they were renewed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lab.history.entry import Entry, open_envelope
from lab.history.shadow import Step


class Claim(NamedTuple):
    """One claim id of one queue."""

    base: str
    claim_id: str


class Record(NamedTuple):
    """A live claim, as its record on the server says."""

    generation: int
    incarnation: bytes
    held: int
    lease: int
    outcomes: str
    takeovers: int

    def outcome(self, place: int) -> str:
        return self.outcomes[place - 1] if self.outcomes else "h"


class Renewal(NamedTuple):
    """When a lease began anew: by the server's clock, and by the time that its script saw."""

    real_ms: int
    queue_ms: float
    deadline: float


@dataclass
class Holdings:
    """All live claims; what a call changes is kept beside how it was, until the call ends."""

    live: dict[Claim, Record] = field(default_factory=dict)
    renewed: dict[Claim, Renewal] = field(default_factory=dict)
    items: dict[Claim, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    newest: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    deadlines: dict[Claim, float] = field(default_factory=dict)
    _before: dict[Claim, Record | None] = field(default_factory=dict)

    def step(self, step: Step) -> None:
        if step.part == "claims":
            self._record(step)
        elif step.part == "leases" and step.came:
            self.deadlines[Claim(step.base, step.field.decode())] = float(step.value)
        elif step.part == "claimed":
            self._item(step)

    def before(self, claim: Claim) -> Record | None:
        """The claim as it was when this call began."""
        return self._before.get(claim, self.live.get(claim))

    def changed(self) -> Iterator[tuple[Claim, Record | None, Record | None]]:
        for claim, before in self._before.items():
            yield claim, before, self.live.get(claim)

    def end_call(self, entry: Entry, queue_ms: float) -> None:
        for claim, deadline in self.deadlines.items():
            self.renewed[claim] = Renewal(entry.at_ms, queue_ms, deadline)
        for claim in self._before:
            record = self.live.get(claim)
            if record is None:
                self.renewed.pop(claim, None)
                self.items.pop(claim, None)
            else:
                self.newest[claim.base] = max(self.newest[claim.base], record.generation)
        self._before, self.deadlines = {}, {}

    def _record(self, step: Step) -> None:
        claim = Claim(step.base, step.field.decode())
        self._before.setdefault(claim, self.live.get(claim))
        if step.came:
            self.live[claim] = _read_record(step.value)
        else:
            self.live.pop(claim, None)

    def _item(self, step: Step) -> None:
        claim = Claim(step.base, step.field.rpartition(b"/")[0].decode())
        self._before.setdefault(claim, self.live.get(claim))
        if step.came:
            self.items[claim][step.field] = open_envelope(step.value).id
        else:
            self.items[claim].pop(step.field, None)


def _read_record(text: bytes) -> Record:
    record = json.loads(text)
    outcomes: str = record["outcomes"]
    if len(outcomes) == 1:
        outcomes *= record["count"]
    incarnation = record["incarnation"].encode()
    held, lease, takeovers = record["held"], record["lease"], record["takeovers"]
    return Record(record["generation"], incarnation, held, lease, outcomes, takeovers)
