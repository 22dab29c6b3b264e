"""Work a queue until it is empty, one round trip a step."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from redis_xcom.claim import Claim
from redis_xcom.claimant import Claimant, Claimants
from redis_xcom.errors import BadArgument, RedisXComError
from redis_xcom.holder import Holder
from redis_xcom.item import Item
from redis_xcom.keys import Keys
from redis_xcom.patience import Patience
from redis_xcom.pushing import Pusher
from redis_xcom.request import request

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Drain:
    """Yields items; asking for the next one says that the last one is done.

    Each step acks a batch, forwards its results and claims the next batch, atomically. Leaving
    the loop early (a `break`, an exception) acks what was done and releases the rest, the item
    in hand included: end after a given number with `max_items`. The lease is renewed meanwhile;
    once it is lost the loop raises `ClaimLost`.

    :param named: whose claims these are; None for a claim id of this process. What an older
        incarnation held comes first.
    :param through_doubt: wait beyond `idle` for leases in doubt, a third of a lease at most.
    """

    holder: Holder
    batch: int
    idle: timedelta
    max_items: int | None
    max_bytes: int
    claimants: Claimants
    named: Claimant | None = None
    through_doubt: bool = True
    nothing: Claim | None = field(init=False, default=None)
    forward_keys: Keys | None = None
    forward_pusher: Pusher | None = None
    _claim: Claim | None = field(init=False, default=None)
    _results: dict[int, list[bytes]] = field(init=False, default_factory=dict)
    _current: Item | None = field(init=False, default=None)
    _given: int = field(init=False, default=0)
    _busy: bool = field(init=False, default=False)
    _stepping: threading.Lock = field(init=False, default_factory=threading.Lock)

    @property
    def lease_seconds(self) -> float:
        return self.holder.lease_seconds

    @property
    def claim(self) -> Claim:
        """The batch in hand; raises `BadArgument` between batches."""
        if self._claim is None:
            raise BadArgument("no batch is in hand")
        return self._claim

    @property
    def generation(self) -> int:
        """The fencing token of the batch in hand; raises `BadArgument` between batches."""
        return self.claim.generation

    @property
    def claim_id(self) -> str:
        """Under which the batch in hand is claimed; raises `BadArgument` between batches."""
        return self.claim.claim_id

    def __iter__(self) -> Generator[Item, None, None]:
        with closing(self.batches()) as batches:
            for claim in batches:
                for item in claim.items:
                    claim.check()
                    self._current = item
                    yield item
                self._current = None

    def batches(self) -> Generator[Claim, None, None]:
        """Yield the batches as claims: asking for the next one acks what is held of the last.

        Leaving early releases all that is still held of the batch in hand.
        """
        if self._busy:
            raise BadArgument("this drain is under way: another loop needs a drain of its own")
        self.holder.scripts = self.holder.lifeline.on_one_connection()
        self._busy, self._given = True, 0
        self.holder.claimant = replace(self.named) if self.named else self.claimants.acquire()
        self.holder.heartbeat.add(self)
        try:
            while (claim := self._next_claim()) is not None:
                claim.check()
                yield claim
        finally:
            self._leave()

    def forward(
        self, payload: Any, *, of: Item | None = None, ordering_key: str | None = None
    ) -> None:
        """Push a result to the queue named at the start, with the ack of its item.

        :param of: the item whose result it is; by default the one in hand.
        :param ordering_key: results of one key are handed out one at a time, in the order of the
            acks; they get in line when a claim comes by them.
        """
        item = self._current if of is None else of
        if self.forward_pusher is None or item is None or not self.claim.holds(item):
            raise BadArgument("forward needs forward_to=<a queue> and an item not settled yet")
        data = self.forward_pusher.envelope(payload, ordering_key=ordering_key)
        self._results.setdefault(id(item), []).append(data)

    def ack(self, item: Item) -> None:
        """Ack one item now, its results with it; the others go with their batch."""
        results = self._results.pop(id(item), [])
        self.claim.ack_forwarding((item,), results, self.forward_keys)

    def release(
        self, *items: Item, delay: timedelta | None = None, reason: str | None = None
    ) -> None:
        """Put items, or all still held, back; their results are dropped. See `Claim.release`."""
        self.claim.release(*items, delay=delay, reason=reason)
        self._drop_results(items)

    def reject(self, *items: Item, reason: str) -> None:
        """Move items, or all still held, to the dead letters; their results are dropped."""
        self.claim.reject(*items, reason=reason)
        self._drop_results(items)

    def renew(self) -> bool:
        """A heartbeat; a step that is under way renews by itself."""
        if self._stepping.acquire(blocking=False):
            try:
                if self._claim is not None:
                    self._claim.renew()
            finally:
                self._stepping.release()
        return True

    def _drop_results(self, items: Sequence[Item]) -> None:
        for item in items or self.claim.items:
            self._results.pop(id(item), None)

    def _next_claim(self) -> Claim | None:
        left = self.batch if self.max_items is None else self.max_items - self._given
        if left <= 0:  # less than none after a claim whose reply was lost for good: it comes whole
            self._finish()
            return None
        limit = min(self.batch, left)
        claim = self._step(limit)
        if not claim.items:
            claim = self._wait(claim, limit)
        self._given += len(claim)
        return claim or None

    def _wait(self, claim: Claim, limit: int) -> Claim:
        patience = Patience(
            self.holder.scripts, self.idle.total_seconds(), through_doubt=self.through_doubt
        )
        while not claim.items and patience.outlasts(claim.reply):
            claim = self._step(limit)
        self.nothing = None if claim.items else claim
        return claim

    def _step(self, limit: int) -> Claim:
        done, acking = self._claim, False
        if done is not None:
            done.check()
            self.holder.claimant.after, acking = done.generation, done.held > 0
        with self._stepping:
            claim = request(
                self.holder,
                limit=limit,
                max_bytes=self.max_bytes,
                ack_first=acking,
                forward=self._all_results() if self._results else (),
                forward_to=self.forward_keys,
            )
            self._claim = claim if claim.items else None
        if self._results:
            self._results.clear()
        return claim

    def _all_results(self) -> list[bytes]:
        return [data for results in self._results.values() for data in results]

    def _finish(self) -> None:
        if self._claim is not None:
            self._claim.ack_forwarding((), self._all_results(), self.forward_keys)
            self._claim = None

    def _leave(self) -> None:
        """Settle what an early end leaves in hand; an error under way goes first."""
        try:
            if self._claim is not None and not self._claim.lost:
                self._settle_early(self._claim)
        except RedisXComError as error:
            log.warning("Drain of %s: not settled: %s", self.holder.scripts.keys.name, error)
        finally:
            # What a claimant settled last must be known, or its next request would be refused.
            if self._claim is None or not self._claim.held:
                self.claimants.give_back(self.holder.claimant)
            self._claim, self._current, self._busy = None, None, False
            self._results.clear()
            self.holder.heartbeat.remove(self)
            self.holder.scripts.close_connection()

    def _settle_early(self, claim: Claim) -> None:
        unfinished = self._current
        if unfinished is not None:
            self._results.pop(id(unfinished), None)
        done = itertools.takewhile(lambda item: item is not unfinished, claim.items)
        passed = [item for item in done if claim.holds(item)] if unfinished is not None else []
        if passed:
            claim.ack_forwarding(passed, self._all_results(), self.forward_keys)
        claim.release()
