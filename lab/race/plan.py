"""What is to happen in each round."""

from __future__ import annotations

import random
from collections.abc import Iterator

PLAIN, KILLED, KILLED_WITHIN, FAILED = KINDS = ("plain", "killed", "killed within", "failed")
"""In a plain round everybody lives. The holder is killed with the value in its hands, or between
its claim and the value; or it fails for good, and another one has it."""

STRIKES = (KILLED, KILLED_WITHIN, FAILED)
WEIGHTS = {PLAIN: 5, KILLED: 3, KILLED_WITHIN: 2}
ROUNDS_A_RUN = 20


def plan(rounds: int, seed: int) -> Iterator[list[str]]:
    """The rounds of one run after the other; in the last one of each the holder fails for good.

    It cannot be followed by another: there would be one racer less.
    """
    dice = random.Random(seed)
    for begun in range(0, rounds, ROUNDS_A_RUN):
        others = min(ROUNDS_A_RUN, rounds - begun) - 1
        yield [*dice.choices(list(WEIGHTS), list(WEIGHTS.values()), k=others), FAILED]


def key_of(number: int) -> str:
    """The XCom that a round is about."""
    return f"round-{number}"


def prize_of(run_id: str, number: int) -> str:
    """What is inside, in no other round."""
    return f"{run_id} {key_of(number)}"


def value_of(run_id: str, number: int) -> dict[str, str]:
    """The XCom's value: every other one is large, and lies in the store."""
    return {"prize": prize_of(run_id, number), "filling": "x" * (number % 2 * 500)}
