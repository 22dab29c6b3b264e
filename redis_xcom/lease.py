"""A lease: until when a claim is surely held, how that is prolonged, and how its end is told."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from redis_xcom.errors import ClaimLost, RedisXComError
from redis_xcom.life import OVER

if TYPE_CHECKING:
    from redis_xcom.holder import Holder

log = logging.getLogger(__name__)

TAKEN = "the lease ran out or another incarnation took over"


class Lease:
    """The lease of one generation of a claim, counted from the moment it was asked for.

    :param began: that moment, by this process' monotonic clock.
    """

    def __init__(self, holder: Holder, generation: int, began: float) -> None:
        self._holder = holder
        self._generation = generation
        self._until = began + holder.lease_seconds
        self._lost = ""

    @property
    def is_lost(self) -> bool:
        """The server has said so, or this process may not go on."""
        return bool(self._lost) or self._holder.life.is_over

    @property
    def is_over(self) -> bool:
        """Lost, or not renewed for longer than it lasts."""
        return self.is_lost or time.monotonic() > self._until

    def extend(self) -> bool:
        """Begin it anew on the server; False when it is lost."""
        if not self._holder.life.goes_on():
            return False
        began = time.monotonic()
        renewed = self._holder.lifeline.extend(
            self._holder.claimant.claim_id,
            generation=self._generation,
            lease_ms=self._holder.lease_ms,
        )
        if renewed:
            self._until, self._lost = began + self._holder.lease_seconds, ""
        return renewed

    def beat(self) -> bool:
        """Extend without ever raising; False when it is lost, True when the server is silent."""
        try:
            return self.extend()
        except RedisXComError as error:
            log.warning("Claim %s %s: %s", self._holder.claimant.claim_id, self._silence(), error)
            return True

    def lose(self, why: str = TAKEN) -> ClaimLost:
        """Note that it is lost, and return the error that tells so."""
        self._lost = why
        return self.loss()

    def loss(self) -> ClaimLost:
        """The error that tells of its end."""
        queue, claim_id = self._holder.scripts.keys.name, self._holder.claimant.claim_id
        why = OVER if self._holder.life.is_over else self._lost or self._silence()
        return ClaimLost.told(queue, claim_id, self._generation, why)

    def _silence(self) -> str:
        whole = self._holder.lease_seconds
        silent = time.monotonic() - self._until + whole
        return f"not renewed for {silent:.1f} s of a lease of {whole:g} s"
