"""Walks through the model at random, done again by the scripts.

This is what keeps the model honest: it says of each request what the scripts say, and leaves each
item, place and generation where they leave it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.protocol.cases import DRAINS, PAIR, RETRY, TRIES
from lab.protocol.replay import Replay
from lab.protocol.search import Switches, as_options, simulate, tools
from lab.protocol.trace import TOLD_OF_A_STEP, Event, read

STEPS = 60_000
"""Of the simulator: some 200 go to a request."""
SCENES: tuple[Mapping[str, int], ...] = (
    {"SCENE": RETRY, "REDRIVES": 1},
    {"SCENE": DRAINS, "REDRIVES": 1},
    {"SCENE": TRIES, "REDRIVES": 1},
    {"SCENE": PAIR, "PUSHES": 1},
    {"SCENE": DRAINS, "PUSHES": 1},
)


def walk(seed: int, switches: Switches, steps: int = STEPS) -> list[Event]:
    """Return a walk that the seed decides; what has ended begins again, so that it goes on."""
    spin, _ = tools()
    every = {**switches, "TRACE": None, "WALK": None, "PROPERTIES": 0}
    with tempfile.TemporaryDirectory(prefix="xcom-walk-") as folder:
        how = [f"-n{seed}", f"-u{steps}", *as_options(every)]
        return read(_whole(simulate(spin, how, Path(folder))))


def _whole(lines: list[str]) -> list[str]:
    """Without the last step, which the bound may have cut short."""
    begins = [at for at, line in enumerate(lines) if line.partition(" ")[0] not in TOLD_OF_A_STEP]
    return lines[: begins[-1]]


def retrace(client: Any, seed: int) -> Counter[str]:
    """Walk through each scene, and do it again; raises `Drift` where the scripts do otherwise.

    :param client: of a server that may be emptied.
    :return: how often each request had each answer.
    """
    done: Counter[str] = Counter()
    for scene in SCENES:
        client.flushall()
        done += Replay(client).follow(walk(seed, scene))
    return done
