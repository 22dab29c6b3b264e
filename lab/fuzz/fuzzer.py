"""The loop: an input, what becomes of it, what is learnt from it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.fuzz.corpus import Corpus
from lab.fuzz.finding import Finding
from lab.fuzz.watch import Hang, limit

if TYPE_CHECKING:
    from random import Random

    from lab.fuzz.blocks import Blocks
    from lab.fuzz.target import Target
    from lab.fuzz.watch import Slate

REFUSED = "refused"
SHORTENINGS = 600


@dataclass
class Tally:
    """What came of the inputs of one target."""

    target: str
    inputs: int = 0
    refused: int = 0
    ways: int = 0
    slowest_ms: float = 0.0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)


class Fuzzer:
    """Feeds one target."""

    def __init__(self, target: Target, random: Random, blocks: Blocks, slate: Slate) -> None:
        self._target = target
        self._corpus = Corpus(target, random)
        self._blocks = blocks
        self._slate = slate
        self._places: set[str] = set()
        self.tally = Tally(target.name)

    def run(self, inputs: int) -> Tally:
        began = time.monotonic()
        for _ in range(inputs):
            self._feed(self._corpus.next())
        self.tally.inputs += inputs
        self.tally.ways = self._corpus.ways
        self.tally.seconds += time.monotonic() - began
        return self.tally

    def _feed(self, data: bytes) -> None:
        self._slate.write(self._target.name, data)
        self._blocks.clear()
        began = time.perf_counter()
        fault, ending = attempt(self._target, data)
        took = (time.perf_counter() - began) * 1000
        self.tally.slowest_ms = max(self.tally.slowest_ms, took)
        self.tally.refused += ending.startswith(REFUSED)
        path = self._blocks.take()
        if fault is None:
            self._corpus.learn(data, path, ending)
        elif fault.place not in self._places:
            self._places.add(fault.place)
            self.tally.findings.append(shorten(self._target, data, fault))


def attempt(target: Target, data: bytes) -> tuple[Finding | None, str]:
    """Return the fault that the input shows, or None and how it ended."""
    try:
        with limit():
            return None, target.check(data)
    except (Exception, Hang) as error:  # noqa: BLE001 (to find them all is the point)
        return Finding.of(target.name, data, error), ""


def shorten(target: Target, data: bytes, fault: Finding) -> Finding:
    """Return the same fault by a shorter input, as far as a few tries lead."""
    step, tries = max(1, len(data) // 2), SHORTENINGS
    while step and tries:
        start = 0
        while start < len(data) and tries:
            tries -= 1
            shorter = data[:start] + data[start + step :]
            again, _ = attempt(target, shorter)
            if again is not None and again.place == fault.place:
                data, fault = shorter, again
            else:
                start += step
        step //= 2
    return fault
