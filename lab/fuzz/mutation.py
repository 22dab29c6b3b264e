"""Another input out of one or two that were worth keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

LONGEST = 6_000
MOST_STEPS = 4
MOST_REPEATS = 400
DIGITS = b"0123456789"


class Mutator:
    """Mutates bytes.

    :param tokens: words of the input's language, to be put in anywhere.
    """

    def __init__(self, random: Random, tokens: Sequence[bytes]) -> None:
        self._random = random
        self._tokens = tokens or (b"\x00",)
        self._steps: tuple[Callable[[bytearray], None], ...] = (
            self._change, self._change, self._grow, self._insert, self._insert, self._overwrite,
            self._cut, self._repeat, self._swap, self._digits,
        )  # fmt: skip

    def mutate(self, parent: bytes, other: bytes) -> bytes:
        data = bytearray(parent)
        if self._random.random() < 0.15:
            data[self._place(data) :] = other[self._random.randrange(len(other) + 1) :]
        for _ in range(self._random.randint(1, MOST_STEPS)):
            self._random.choice(self._steps)(data)
        return bytes(data[:LONGEST])

    def _place(self, data: bytearray) -> int:
        return self._random.randrange(len(data) + 1)

    def _span(self, data: bytearray) -> slice:
        start = self._place(data)
        return slice(start, start + self._random.choice((1, 1, 2, 4, 8, 16, 64)))

    def _change(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] = self._random.randrange(256)

    def _grow(self, data: bytearray) -> None:
        place = self._random.choice((len(data), self._place(data)))
        data[place:place] = self._random.randbytes(self._random.choice((1, 1, 3)))

    def _insert(self, data: bytearray) -> None:
        place = self._place(data)
        data[place:place] = self._random.choice(self._tokens)

    def _overwrite(self, data: bytearray) -> None:
        data[self._span(data)] = self._random.choice(self._tokens)

    def _cut(self, data: bytearray) -> None:
        del data[self._span(data)]

    def _repeat(self, data: bytearray) -> None:
        span = self._span(data)
        times = self._random.choice((2, 2, 3, MOST_REPEATS))
        data[span] = bytes(data[span]) * times

    def _swap(self, data: bytearray) -> None:
        span = self._span(data)
        piece = bytes(data[span])
        del data[span]
        place = self._place(data)
        data[place:place] = piece

    def _digits(self, data: bytearray) -> None:
        places = [place for place, byte in enumerate(data) if byte in DIGITS]
        if places:
            place = self._random.choice(places)
            length = self._random.choice((1, 1, 2, 15, 16, 17, 20, 400))
            data[place : place + 1] = bytes(self._random.choices(DIGITS, k=length))
