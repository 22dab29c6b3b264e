"""How the storm's tasks work: slowly, in steps, and on beyond the death of their supervisor."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.airstorm.sink import Sink
from lab.waiting import wait_until
from redis_xcom import ClaimLost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis_xcom import Claim

LINGER_SECONDS = 1.0
ORPHAN_SECONDS = 90.0
POLL_SECONDS = 0.05


def linger(place: str, seconds: float = LINGER_SECONDS) -> bool:
    """Stay where a strike can find this process; True when its supervisor has gone meanwhile."""
    supervisor, until = os.getppid(), time.monotonic() + seconds
    sink = Sink()
    sink.enter(place)
    while time.monotonic() < until and os.getppid() == supervisor:
        time.sleep(POLL_SECONDS)
    sink.leave()
    return os.getppid() != supervisor


def work(claim: Claim, place: str) -> None:
    """Let half of the items take effect, linger, then the other half.

    An orphan waits until its retry has the items, though it is told at once that it may not go on.
    It then goes on as if nothing had happened, and so does who slept through the end of its lease.
    """
    sink, ids = Sink(), [item.id for item in claim.items]
    half = len(ids) // 2
    sink.write(ids[:half], claim.generation, claim.claim_id)
    if ids and linger(place):
        wait_until(lambda: not claim.handle.items(), "another to have it", timeout=ORPHAN_SECONDS)
    if claim.lost:
        with telling_refusal(sink, claim, "extend"):
            claim.extend()
    refused = sink.write(ids[half:], claim.generation, claim.claim_id)
    if refused:
        sink.refuse(claim.claim_id, claim.generation, "write", f"{refused} effects fenced off")


@contextmanager
def telling_refusal(sink: Sink, claim: Claim, step: str) -> Iterator[None]:
    """Note a loss instead of raising it: the orphan goes on to its next step."""
    try:
        yield
    except ClaimLost as error:
        sink.refuse(claim.claim_id, claim.generation, step, error)
