"""A queue as it should be, in plain Python: where each item is, and who holds what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MAX_DELIVERIES = 3
READY, DELAYED, WAITING = "ready", "delayed", "waiting"
CLAIMED, DEAD, DONE = "claimed", "dead", "done"
UNTOLD = -1
"""The generation of a claim all of whose items died as it was taken over."""
Origin = tuple[int, str]
"""Where a claim was handed over from: generation and places, as they were asked for."""


@dataclass
class ModelItem:
    """One item; `returns` and `failures` as its envelope should count them."""

    where: str = READY
    due: float = 0
    returns: int = 0
    failures: int = 0
    key: str = ""


@dataclass
class ModelClaim:
    """One live claim: the items it holds, and what fences it."""

    claim_id: str
    incarnation: str
    generation: int
    lease: float
    deadline: float
    held: list[int]
    takeovers: int = 0
    origin: Origin | None = None


@dataclass
class Past:
    """How the items of a claim id's last claim ended: a letter each, as the records have it.

    :param first: the generation that it had at first, before any takeover.
    """

    generation: int
    incarnation: str
    origin: Origin | None
    first: int
    letters: dict[int, str] = field(default_factory=dict)


@dataclass
class Model:
    """Numbers stand for items; `now` is in seconds."""

    items: dict[int, ModelItem] = field(default_factory=dict)
    live: dict[str, ModelClaim] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    past: dict[str, Past] = field(default_factory=dict)
    ended: dict[str, Past] = field(default_factory=dict)
    push_ids: set[str] = field(default_factory=set)
    lines: dict[str, list[int]] = field(default_factory=dict)
    now: float = 0
    paused: bool = False
    max_claimed: int | None = None

    def add(self, number: int, delay: float = 0, key: str = "") -> None:
        self.items[number] = ModelItem(DELAYED if delay else READY, self.now + delay, key=key)
        self._line_up(number)

    def room(self) -> int:
        """How many items a claim may get at most."""
        bound = len(self.items) if self.max_claimed is None else self.max_claimed
        return 0 if self.paused else max(0, bound - len(self.those(CLAIMED)))

    def within_reach(self) -> list[int]:
        """What one that goes on claiming comes by: what is ready, and what stands behind that."""
        behind = [line for line in self.lines.values() if self.items[line[0]].where == READY]
        return [*self.those(READY), *(number for line in behind for number in line[1:])]

    def those(self, where: str) -> list[int]:
        return [n for n, item in self.items.items() if item.where == where]

    def catch_up(self, asking: str) -> None:
        """What a claim does first: free the dead claims' items, line up what is due."""
        for claim in [c for c in self.live.values() if c.deadline <= self.now]:
            if claim.claim_id != asking:
                self.give_back(claim, claim.held, letter="x")
        for number in self.those(DELAYED):
            if self.items[number].due <= self.now:
                self.items[number].where = READY

    def hand_out(self, claim: ModelClaim) -> None:
        self._begin(claim)
        for number in claim.held:
            assert self.items[number].where == READY, f"{number} was not free"
            self.items[number].where = CLAIMED

    def hand_over(self, source: ModelClaim, claim: ModelClaim) -> None:
        self._begin(claim)
        self._end(source, claim.held, CLAIMED, "t")

    def made_from(self, origin: Origin, claim_id: str) -> Past | None:
        """What is known of the claim that this id got by that hand-over."""
        return next((past for past in self.known(claim_id) if past.origin == origin), None)

    def known(self, claim_id: str) -> list[Past]:
        """Beside a live claim the one before it is remembered, not for longer."""
        ended = self.ended.get(claim_id) if claim_id in self.live else None
        return [past for past in (self.past.get(claim_id), ended) if past]

    def try_of(self, claim_id: str, later: int) -> str:
        """An incarnation so many tries after the newest one."""
        return f"{int(self.newest.get(claim_id, '1')) + later:03d}"

    def why_not(self, to: str, incarnation: str) -> str:
        """Why this claim id cannot be handed anything; empty when it can."""
        outdated = "superseded" if incarnation < self.newest.get(to, "") else ""
        return "held" if to in self.live else outdated

    def take_over(self, claim: ModelClaim, incarnation: str, lease: float) -> bool:
        """False when nothing is left to take over: all of it was delivered too often."""
        spent = [n for n in claim.held if self._deliveries(claim, n) >= MAX_DELIVERIES]
        self.give_back(claim, spent, letter="d")
        if claim.claim_id not in self.live:
            self.past[claim.claim_id].incarnation = incarnation
            self.past[claim.claim_id].generation = UNTOLD
            return False
        claim.takeovers += 1
        claim.incarnation = self.newest[claim.claim_id] = incarnation
        self.past[claim.claim_id].incarnation = incarnation
        self.renew(claim, lease)
        return True

    def renew(self, claim: ModelClaim, lease: float) -> None:
        claim.lease, claim.deadline = lease, self.now + lease

    def fenced_on(self, claim: ModelClaim, generation: int) -> None:
        claim.generation = self.past[claim.claim_id].generation = generation

    def allows(self, claim_id: str, generation: int, numbers: Iterable[int], letter: str) -> bool:
        """Tell whether all of these may be settled so, or have been, under this generation."""
        past = next((one for one in self.known(claim_id) if one.generation == generation), None)
        return past is not None and all(
            past.letters.get(number, letter) == letter for number in numbers
        )

    def ack(self, claim: ModelClaim, numbers: Iterable[int]) -> None:
        self._end(claim, numbers, DONE, "a")

    def give_back(
        self,
        claim: ModelClaim,
        numbers: Iterable[int],
        *,
        failed: bool = False,
        delay: float = 0,
        letter: str = "r",
    ) -> None:
        for number in list(numbers):
            item = self.items[number]
            item.returns = self._deliveries(claim, number)
            item.failures += failed
            spent = letter == "d" or item.returns >= MAX_DELIVERIES
            item.due = self.now + delay
            where = DEAD if spent else DELAYED if delay else READY
            self._end(claim, [number], where, letter)

    def redrive(self, dead: list[int]) -> int:
        """All that are dead, in this order."""
        assert sorted(dead) == sorted(self.those(DEAD))
        for number in dead:
            self.add(number, key=self.items[number].key)
        return len(dead)

    def purge(self, *, dead: bool) -> int:
        homes = (WAITING, READY, DELAYED, *[DEAD] * dead)
        gone = [number for where in homes for number in self.those(where)]
        for number in gone:
            self.end(number, DONE)
        return len(gone)

    def end(self, number: int, where: str) -> None:
        """Done or dead: the next of its key is ready."""
        item, line = self.items[number], self.lines.get(self.items[number].key, [])
        item.where = where
        if number in line:
            line.remove(number)
        if line and self.items[line[0]].where == WAITING:
            self.items[line[0]].where = READY
        if item.key and not line:
            self.lines.pop(item.key, None)

    def _line_up(self, number: int) -> None:
        item = self.items[number]
        if item.key:
            line = self.lines.setdefault(item.key, [])
            line.append(number)
            item.where = READY if line[0] == number else WAITING

    def _deliveries(self, claim: ModelClaim, number: int) -> int:
        return self.items[number].returns + 1 + claim.takeovers

    def _begin(self, claim: ModelClaim) -> None:
        self.live[claim.claim_id] = claim
        self.newest[claim.claim_id] = claim.incarnation
        if claim.claim_id in self.past:
            self.ended[claim.claim_id] = self.past[claim.claim_id]
        first = claim.generation
        self.past[claim.claim_id] = Past(first, claim.incarnation, claim.origin, first)

    def _end(self, claim: ModelClaim, numbers: Iterable[int], where: str, letter: str) -> None:
        for number in list(numbers):
            claim.held.remove(number)
            self.past[claim.claim_id].letters[number] = letter
            if where in (DONE, DEAD):
                self.end(number, where)
            else:
                self.items[number].where = where
        if not claim.held:
            self.live.pop(claim.claim_id, None)
