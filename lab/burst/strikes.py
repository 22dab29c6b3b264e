"""What befalls the triggerers while a burst is worked off."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

from lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil

    from lab.burst.burst import Burst

TRIGGERERS = ("triggerer", "triggerer-2")
THRESHOLD = 10
"""Seconds after which Airflow takes a silent triggerer for dead: set so in its configuration."""
PAST_THRESHOLD = THRESHOLD + 8.0


class Strikes:
    """Strikes both triggerers in turn, as one of them alone runs the burst's trigger."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def none(self, burst: Burst) -> None:
        pass

    def kill(self, burst: Burst) -> None:
        self._each(burst, burst.airflow.restart)

    def freeze(self, burst: Burst) -> None:
        self._each(burst, lambda name: _freeze(burst.airflow.component(name)))

    def _each(self, burst: Burst, strike: Callable[[str], None]) -> None:
        """In the middle: somewhere in the first and in the second half."""
        for half, name in enumerate(self._dice.sample(TRIGGERERS, 2)):
            burst.wait_for(half / 2 + self._dice.uniform(0.05, 0.3))
            strike(name)


def _freeze(triggerer: psutil.Process) -> None:
    """Stop it and what it started until it counts as dead, then let all of it go on."""
    stopped = [triggerer, *triggerer.children(recursive=True)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    ends = time.monotonic() + PAST_THRESHOLD
    wait_until(lambda: time.monotonic() > ends, "its death to be noticed", timeout=60, every=0.5)
    for process in stopped:
        process.send_signal(signal.SIGCONT)
