from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from lab.fuzz.blocks import Blocks
from lab.fuzz.fuzzer import Fuzzer
from lab.fuzz.watch import Slate, hangs_told


@pytest.fixture
def slate():
    path = Slate.make()
    yield Slate(path)
    Path(path).unlink()


@pytest.fixture
def feed(slate):
    """`feed(target, 1000)`: the first faults that so many inputs find."""

    def run(target, inputs, *, blocks=None):
        fuzzer = Fuzzer(target, Random(7), blocks or Blocks(), slate)
        with hangs_told():
            while fuzzer.tally.inputs < inputs and not fuzzer.tally.findings:
                fuzzer.run(min(inputs, 50))
        return fuzzer.tally.findings

    return run
