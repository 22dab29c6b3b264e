"""Where each item is, and which way it went in one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lab.history.entry import Envelope, item_in_line, item_of_letter, open_envelope
from lab.history.shadow import Step

HOMES = ("ready", "delayed", "waiting", "claimed", "dead")


class Place(NamedTuple):
    """One place of an item; `slot` is its field where the part has fields of its own."""

    base: str
    part: str
    slot: bytes

    @property
    def claim_id(self) -> str:
        return self.slot.rpartition(b"/")[0].decode()

    @property
    def number(self) -> int:
        return int(self.slot.rpartition(b"/")[2])


class Move(NamedTuple):
    """An item's way in one call, from nowhere (None) or to nowhere."""

    item: bytes
    start: Place | None
    end: Place | None
    envelope: Envelope


@dataclass
class Journeys:
    """All items that are somewhere; more than one place means that an item was doubled."""

    where: dict[bytes, tuple[Place, ...]] = field(default_factory=dict)
    _begun: dict[bytes, tuple[Place, ...]] = field(default_factory=dict)
    _seen: dict[bytes, Envelope] = field(default_factory=dict)

    def step(self, step: Step) -> None:
        if step.part not in HOMES:
            return
        item = _item_in(step)
        envelope = open_envelope(item)
        slot = step.field if step.part in ("claimed", "dead") else b""
        place = Place(step.base, step.part, slot)
        if step.came:
            self._adopt(envelope)
        before = self.where.get(envelope.id, ())
        self._begun.setdefault(envelope.id, before)
        if step.came or envelope.id not in self._seen:
            self._seen[envelope.id] = envelope
        after = (*before, place) if step.came else _without(before, place)
        self.where[envelope.id] = after

    def end_call(self) -> Iterator[tuple[Move, tuple[Place, ...]]]:
        """Yield the moves of the call that ends, each with all places the item is in now."""
        begun, self._begun = self._begun, {}
        seen, self._seen = self._seen, {}
        for item, before in begun.items():
            after = self.where[item]
            if not after:
                del self.where[item]
            if before != after:
                start, end = (places[0] if places else None for places in (before, after))
                yield Move(item, start, end, seen[item]), after

    def _adopt(self, envelope: Envelope) -> None:
        """A foreign value gets its envelope as it is claimed: it is the same item."""
        bare = b"bare " + envelope.payload
        if not envelope.is_bare and envelope.id not in self.where and bare in self._begun:
            self.where[envelope.id] = self.where.pop(bare)
            self._begun[envelope.id] = self._begun.pop(bare)


def _item_in(step: Step) -> bytes:
    if step.part == "delayed":
        return step.field
    if step.part == "waiting":
        return item_in_line(step.field)
    return item_of_letter(step.value) if step.part == "dead" else step.value


def _without(places: tuple[Place, ...], place: Place) -> tuple[Place, ...]:
    left = list(places)
    left.remove(place)
    return tuple(left)
