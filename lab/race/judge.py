"""What is wrong with a race: told from nothing but what each racer has written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.race.plan import FAILED, KILLED, KILLED_WITHIN, PLAIN, prize_of

Entry = dict[str, Any]


def holder_of(run_id: str, racer: int) -> str:
    """The claim id of a racer."""
    return f"race/{run_id}/run/{racer}"


def owner_of(run_id: str, racer: int) -> str:
    """What a racer is called for people, before host and process."""
    return f"race.run[{racer}] {run_id} "


@dataclass(frozen=True)
class Round:
    """One XCom, and all who wanted it.

    :param entries: of this round alone, in the order they were written.
    """

    run_id: str
    number: int
    kind: str
    racers: int
    entries: Sequence[Entry]

    def faults(self) -> Iterator[str]:
        """A sentence for each thing that is not as it should be; none when all is well."""
        for fault in (*self._common(), *self._of_its_kind()):
            yield f"{self.run_id} round {self.number} ({self.kind}): {fault}"

    @cached_property
    def winners(self) -> list[int]:
        """Who had the value, in the order they had it first."""
        return list(dict.fromkeys(entry["racer"] for entry in self.those("got")))

    @cached_property
    def losers(self) -> set[int]:
        """Who was told only that others have it."""
        return {entry["racer"] for entry in self.those("told")} - set(self.winners)

    def those(self, what: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["what"] == what]

    @cached_property
    def first_asks(self) -> dict[int, Entry]:
        """Each racer's first question, at the common start."""
        return {entry["racer"]: entry for entry in reversed(self.those("asks"))}

    @property
    def spread_ms(self) -> float:
        """From the first racer's first question to the last one's."""
        times = [entry["at"] for entry in self.first_asks.values()]
        return 1000 * (max(times) - min(times)) if times else 0.0

    def _common(self) -> Iterator[str]:
        if (asked := self.first_asks).keys() != set(range(self.racers)):
            yield f"{len(asked)} of {self.racers} have asked"
        if len(alive := {entry["pid"] for entry in asked.values()}) < self.racers:
            yield f"{len(alive)} processes for {self.racers} racers"
        for entry in self.those("raised"):
            yield f"racer {entry['racer']} was answered {entry['says']}"
        for entry in self.those("got"):
            if entry["prize"] != prize_of(self.run_id, self.number):
                yield f"racer {entry['racer']} got {entry['prize']!r}"
        for entry in self.those("told"):
            yield from self._wrong_name(entry)

    def _wrong_name(self, entry: Entry) -> Iterator[str]:
        """Only who has it, or had it until it failed, may be named, and nobody to itself."""
        named = [
            racer
            for racer in self.winners
            if entry["holder"] == holder_of(self.run_id, racer)
            and entry["owner"].startswith(owner_of(self.run_id, racer))
        ]
        if not named or named[0] == entry["racer"]:
            yield f"racer {entry['racer']} was told of {entry['holder']}, {entry['owner']}"

    def _of_its_kind(self) -> Iterator[str]:
        most = 2 if self.kind == FAILED else 1
        if len(self.winners) != most:
            yield f"racers {self.winners} had the value"
        if len(self.losers) != self.racers - most:
            yield f"{len(self.losers)} of {self.racers - most} were told who has it"
        yield from self._struck()
        if self.kind in {KILLED, KILLED_WITHIN}:
            for racer, attempt in self.lost:
                yield f"racer {racer} did not have it back after try {attempt}"
        elif self.kind == FAILED:
            yield from self._not_handed_on()

    def _struck(self) -> Iterator[str]:
        struck = [entry["racer"] for entry in self.those("struck")]
        if struck != self.winners[: self.kind != PLAIN]:
            yield f"racers {struck} were struck, {self.winners} had the value"

    @property
    def lost(self) -> set[tuple[int, int]]:
        """Who was struck in which try, and did not have the value in a later one."""
        struck = {(entry["racer"], entry["attempt"]) for entry in self.those("struck")}
        got = {(entry["racer"], entry["attempt"]) for entry in self.those("got")}
        back = {one for one in struck for racer, later in got if racer == one[0] and later > one[1]}
        return struck - back

    def _not_handed_on(self) -> Iterator[str]:
        """What everybody was told last is who has it now."""
        last = {entry["racer"]: entry["holder"] for entry in self.those("told")}
        heir = holder_of(self.run_id, self.winners[-1]) if self.winners else ""
        for racer in sorted(self.losers):
            if last[racer] != heir:
                yield f"racer {racer} was told last of {last[racer]}"


def rounds_of(
    run_id: str, kinds: Sequence[str], racers: int, entries: Sequence[Entry]
) -> list[Round]:
    """Return the rounds of a run by what was written down in it."""
    return [
        Round(run_id, number, kind, racers, [one for one in entries if one["round"] == number])
        for number, kind in enumerate(kinds)
    ]
