"""What the model says on its way, as events: to be told to people, and to be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PUSH, CLAIM, SETTLE, EXTEND = 1, 2, 3, 4
GOT, EMPTY, OUTDATED, LOST = 1, 2, 3, 4
UNKNOWN = 31
UNPUSHED, READY, CLAIMED, DEAD, GONE = range(5)
HELD = 1
THINGS = ("item", "ready", "place")
TOLD_OF_A_STEP = (*THINGS, "request", "reply")
LETTERS = {2: "ack", 3: "release", 4: "reject"}
ANSWERS = {GOT: "done", EMPTY: "nothing is ready", OUTDATED: "superseded", LOST: "lost"}


@dataclass(frozen=True)
class Request:
    """A request as a worker has sent it; `places` is a set of bits, 0 for all."""

    what: int
    claim: int
    incarnation: int
    generation: int
    ack_first: int
    limit: int
    letter: int
    places: int
    failed: int

    def __str__(self) -> str:
        if self.what == PUSH:
            return f"push {self.generation}"
        if self.what == CLAIM and self.ack_first:
            return f"ack generation {self.generation} and claim {self.limit}"
        if self.what == CLAIM:
            after = f", after generation {self.generation}" if self.generation != UNKNOWN else ""
            return f"claim {self.limit} as try {self.incarnation}{after}"
        what = LETTERS.get(self.letter, "extend")
        which = ", ".join(f"place {place}" for place in self.named) or "all"
        return f"{what} {which} of generation {self.generation}"

    @property
    def named(self) -> list[int]:
        """Places, counted from 1."""
        return [place + 1 for place in range(2) if self.places >> place & 1]


@dataclass(frozen=True)
class State:
    """What lies where: items by number, ready ones in order, live claims by id."""

    where: dict[int, int]
    deliveries: dict[int, int]
    ready: tuple[int, ...]
    generations: dict[int, int]
    held: dict[int, dict[int, int]]  # claim id -> place -> item


@dataclass
class Event:
    """One step: who acts, what the server is asked, what it answers, how things stand then."""

    actor: list[str]
    request: Request | None = None
    reply: list[int] = field(default_factory=list)
    state: State | None = None

    def __str__(self) -> str:
        asked = f": {self.request}" if self.request else ""
        answer = f" → {ANSWERS[self.reply[0]]}" if self.reply else ""
        return f"{' '.join(self.actor)}{asked}{answer}"


def read(lines: Iterable[str]) -> list[Event]:
    return list(_events(line.split() for line in lines))


def _events(lines: Iterator[list[str]]) -> Iterator[Event]:
    event, things = Event([]), []
    for kind, *rest in lines:
        if kind in THINGS:
            things.append((kind, [int(word) for word in rest]))
        elif kind == "request":
            event.request = Request(*map(int, rest))
        elif kind == "reply":
            event.reply = [int(word) for word in rest]
        else:
            yield from _ended(event, things)
            event, things = Event([kind, *rest]), []
    yield from _ended(event, things)


def _ended(event: Event, things: list[tuple[str, list[int]]]) -> Iterator[Event]:
    if things:
        event.state = _state(things)
    if event.actor:
        yield event


def _state(things: list[tuple[str, list[int]]]) -> State:
    places = [numbers for kind, numbers in things if kind == "place"]
    items = [numbers for kind, numbers in things if kind == "item"]
    held: dict[int, dict[int, int]] = {claim: {} for claim, *_ in places}
    for claim, _, place, outcome, item in places:
        if outcome == HELD:
            held[claim][place + 1] = item
    (ready,) = (numbers for kind, numbers in things if kind == "ready")
    return State(
        where={item: where for item, where, _ in items},
        deliveries={item: deliveries for item, _, deliveries in items},
        ready=tuple(item - 1 for item in ready if item),
        generations={claim: generation for claim, generation, *_ in places},
        held=held,
    )
