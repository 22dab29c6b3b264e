"""Waiting for something to become true, without guessing how long it takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def wait_until(
    predicate: Callable[[], T], description: str, *, timeout: float = 30.0, every: float = 0.05
) -> T:
    """Return the predicate's first true answer; raise ``TimeoutError`` when none comes.

    :param predicate: asked again and again; what it raises is passed on.
    :param description: what is waited for, as it should read after "waited for".
    :param timeout: seconds before giving up.
    :param every: seconds between two questions.
    """
    deadline = time.monotonic() + timeout
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {description}")
        time.sleep(every)
    return answer
