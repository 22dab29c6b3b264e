"""From the wish for items to a claim: who asks, under which terms, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from redis_xcom.claimant import Claimant, Claimants, check_try, check_words, this_process
from redis_xcom.drain import Drain
from redis_xcom.errors import BadArgument, ClaimLost
from redis_xcom.handle import ClaimHandle
from redis_xcom.heartbeat import Heartbeat
from redis_xcom.holder import Holder
from redis_xcom.life import Life
from redis_xcom.patience import Patience
from redis_xcom.request import request
from redis_xcom.units import SHORTEST_LEASE, milliseconds, whole_number

if TYPE_CHECKING:
    from redis_xcom.claim import Claim
    from redis_xcom.keys import Keys
    from redis_xcom.pushing import Pusher
    from redis_xcom.scripts import Scripts

MOST_AT_ONCE = 4_096


class Claimer:
    """Claims from one queue, for all threads of this process."""

    def __init__(
        self,
        scripts: Scripts,
        *,
        max_deliveries: int | None,
        max_bytes: int,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        most = max_deliveries
        self._scripts = scripts
        self._max_bytes = max_bytes
        self._max_deliveries = (
            0 if most is None else whole_number(most, "max_deliveries", least=1, most=10**9)
        )
        self._claimants = Claimants()
        self._life = Life(alive)
        self._heartbeat = Heartbeat(self._life)

    def claim(
        self,
        limit: int,
        *,
        lease: timedelta,
        claim_id: str | None,
        incarnation: str | None,
        owner: str | None,
        wait: timedelta | None,
    ) -> Claim:
        whole_number(limit, "limit", least=0 if claim_id else 1, most=MOST_AT_ONCE)
        seconds = milliseconds(wait, "wait") / 1000 if wait is not None else 0.0
        holder = self._holder(
            self._named(claim_id, incarnation) or self._claimants.acquire(), lease, owner
        )
        claim = None
        try:
            claim = self._request(holder, limit)
            patience = Patience(self._scripts, seconds)
            while not claim and patience.outlasts(claim.reply):
                claim = self._request(holder, limit)
        finally:
            if not claim:
                holder.leave()
        return claim

    def drain(
        self,
        batch: int,
        *,
        lease: timedelta,
        idle: timedelta,
        max_items: int | None,
        owner: str | None,
        claim_id: str | None,
        incarnation: str | None,
        forward_keys: Keys | None,
        forward_pusher: Pusher | None,
    ) -> Drain:
        whole_number(batch, "batch", least=1, most=MOST_AT_ONCE)
        milliseconds(idle, "idle")
        if max_items is not None:
            whole_number(max_items, "max_items", least=1, most=2**53)
        named = self._named(claim_id, incarnation)
        holder = self._holder(named or Claimant("its loop's own"), lease, owner)
        holder.claimants = None
        return Drain(
            holder,
            batch=batch,
            idle=idle,
            max_items=max_items,
            max_bytes=self._max_bytes,
            claimants=self._claimants,
            named=named,
            forward_keys=forward_keys,
            forward_pusher=forward_pusher,
        )

    def handle(self, claim_id: str, generation: int) -> ClaimHandle:
        return ClaimHandle(
            self._scripts,
            check_words(claim_id, "claim_id"),
            whole_number(generation, "generation", least=1, most=2**63),
            max_deliveries=self._max_deliveries,
            max_bytes=self._max_bytes,
        )

    def _named(self, claim_id: str | None, incarnation: str | None) -> Claimant | None:
        if claim_id is None:
            if incarnation is not None:
                raise BadArgument("incarnation needs a claim_id")
            return None
        return Claimant(check_words(claim_id, "claim_id"), check_try(incarnation), after=None)

    def _request(self, holder: Holder, limit: int) -> Claim:
        while True:
            try:
                return request(holder, limit=limit, max_bytes=self._max_bytes)
            except ClaimLost:
                if holder.claimant.after is None:
                    raise
                # What this id settled last is not known for sure: another one has no past.
                holder.claimant = self._claimants.acquire()

    def _holder(self, claimant: Claimant, lease: timedelta, owner: str | None) -> Holder:
        return Holder(
            scripts=self._scripts,
            lifeline=self._scripts,
            claimant=claimant,
            claimants=self._claimants,
            heartbeat=self._heartbeat,
            life=self._life,
            owner=check_words(owner, "owner") if owner is not None else this_process(),
            lease_ms=milliseconds(lease, "lease", least=SHORTEST_LEASE),
            max_deliveries=self._max_deliveries,
        )
