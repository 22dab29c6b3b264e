"""Waiting for items without taking them: a claim follows every wake-up."""

from __future__ import annotations

import time

from redis_xcom.errors import QueueFull
from redis_xcom.replies import Claimed
from redis_xcom.scripts import Scripts

PAUSED_POLL = 1.0
FULL_POLL = 0.2
EARLY_POLL = 0.05


class Patience:
    """How long an empty-handed consumer goes on asking.

    :param seconds: from the first empty reply on.
    :param through_doubt: wait beyond that for leases in doubt, at most a third of a lease.
    """

    def __init__(self, scripts: Scripts, seconds: float, *, through_doubt: bool = False) -> None:
        self._scripts = scripts
        self._through_doubt = through_doubt
        self._until = time.monotonic() + seconds

    def outlasts(self, reply: Claimed) -> bool:
        """Block until something may have come; False, at once, when patience is over."""
        now = time.monotonic()
        if self._through_doubt and reply.doubt_ms:
            self._until = max(self._until, now + reply.doubt_ms / 1000)
        if now >= self._until:
            return False
        hints = [ms / 1000 for ms in (reply.doubt_ms, reply.due_ms, reply.lapse_ms) if ms]
        self._pause(min([self._until - now, *hints]), reply)
        return True

    def until_ready(self) -> bool:
        """Block until an item lies ready; False when patience is over."""
        while not await_ready(self._scripts, max(0.001, self._until - time.monotonic())):
            if time.monotonic() >= self._until:
                return False
        return True

    def _pause(self, seconds: float, reply: Claimed) -> None:
        if reply.paused or reply.full:
            # Items may well lie ready: nothing to wait for in the list.
            time.sleep(min(seconds, PAUSED_POLL if reply.paused else FULL_POLL))
        else:
            await_ready(self._scripts, seconds)


def await_ready(scripts: Scripts, seconds: float) -> bool:
    """True as soon as an item lies ready; False after so many seconds, or some sooner.

    Returns early now and then (a blocked command has its bound, and a full server refuses to
    block): whoever waits asks again.
    """
    began = time.monotonic()
    try:
        if scripts.await_ready(seconds):
            return True
    except QueueFull:
        pass
    unspent = seconds - (time.monotonic() - began)
    if unspent > EARLY_POLL and time.monotonic() - began < EARLY_POLL:
        time.sleep(EARLY_POLL)
    return False
