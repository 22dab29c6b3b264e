"""The inputs of one target that showed something new, and the next one to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.fuzz.mutation import Mutator

if TYPE_CHECKING:
    from random import Random

    from lab.fuzz.target import Target

FRESH = 0.2
MOST_KEPT = 3_000
NEWEST = 50


class Corpus:
    """Grows by what reaches a path, or ends in a way, that no input did before.

    Of two inputs that go the same way the shorter one is kept: a change is likelier to hit what
    matters in it.
    """

    def __init__(self, target: Target, random: Random) -> None:
        self._target = target
        self._random = random
        self._mutator = Mutator(random, target.tokens)
        self._waiting = list(target.seeds)
        self._kept: list[bytes] = []
        self._place: dict[tuple[int, str], int] = {}

    @property
    def ways(self) -> int:
        """How many ways inputs have gone."""
        return len(self._place)

    def next(self) -> bytes:
        if self._waiting:
            return self._waiting.pop()
        if not self._kept or self._random.random() < FRESH:
            return self._target.make(self._random)
        return self._mutator.mutate(self._pick(), self._pick())

    def learn(self, data: bytes, path: int, ending: str) -> None:
        way = (hash(path), ending)
        place = self._place.get(way)
        if place is not None:
            if len(data) < len(self._kept[place]):
                self._kept[place] = data
        elif len(self._kept) < MOST_KEPT:
            self._place[way] = len(self._kept)
            self._kept.append(data)

    def _pick(self) -> bytes:
        # The newest half of the time: what was found last is explored least.
        if self._random.random() < 0.5:
            return self._random.choice(self._kept[-NEWEST:])
        return self._random.choice(self._kept)
