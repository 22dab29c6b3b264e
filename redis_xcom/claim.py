"""A claim in its holder's hands."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any

from redis_xcom.answer import Answer
from redis_xcom.errors import BadArgument, ClaimLost, RedisXComError
from redis_xcom.hand import Hand
from redis_xcom.handle import ClaimHandle, back
from redis_xcom.item import Item
from redis_xcom.keys import Keys
from redis_xcom.lease import Lease
from redis_xcom.units import SHORTEST_LEASE, milliseconds

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Claim(Answer):
    """Up to `limit` items, held under one lease. Empty claims are false.

    `with claim:` renews the lease meanwhile; leaving it acks what is still held, an exception
    releases it: the item that was being iterated with its failure counted, the others without.
    Every method raises `ClaimLost` when the items may be with someone else; nothing has changed
    then, and the work must not go on.
    """

    items: list[Item] = field(default_factory=list)
    places: Sequence[int] = field(default=(), repr=False)
    asked_at: float = field(default=0.0, repr=False)
    _hand: Hand = field(init=False, repr=False)
    _current: Item | None = field(init=False, default=None, repr=False)
    _lease: Lease = field(init=False, repr=False)
    _settling: threading.Lock = field(init=False, default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._hand = Hand(self.items, self.places)
        self._lease = Lease(self.holder, self.generation, self.asked_at)

    def __repr__(self) -> str:
        where = self.holder.scripts.keys.name
        return f"<Claim {self.claim_id} of {where}: {len(self)} items, {self.generation}>"

    @property
    def handle(self) -> ClaimHandle:
        """The same claim for other processes: `Queue.handle` makes one there."""
        return self.holder.handle(self.generation)

    @property
    def payloads(self) -> list[Any]:
        return [item.payload for item in self.items]

    @property
    def held(self) -> int:
        """How many of its items have not been settled through this object."""
        return len(self._hand)

    @property
    def lost(self) -> bool:
        """Known to be lost, or not renewed for longer than the lease."""
        return self._lease.is_lost or (self._lease.is_over and self.held > 0)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        """Yield what is still held; raises `ClaimLost` before the next item once it is lost."""
        for item in self.items:
            if self.holds(item):
                self.check()
                self._current = item
                yield item
        self._current = None

    def __enter__(self) -> Claim:
        return self.keep_alive()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.ack()
            else:
                self._give_up(error)
        finally:
            self.stop_keep_alive()

    def check(self) -> None:
        """Raise `ClaimLost` when the lease is known to be lost; asks nobody."""
        if self.lost:
            raise self._lease.loss()

    def ack(self, *items: Item) -> None:
        """These items, or all still held, are done and gone. To ack again does nothing."""
        self._settle("ack", items)

    def release(
        self,
        *items: Item,
        delay: timedelta | None = None,
        reason: str | None = None,
        failed: bool | None = None,
    ) -> None:
        """Put these items, or all still held, back: to the front, or behind the others if failed.

        :param delay: not to be claimed before that has passed.
        :param reason: why; kept when the item dies of too many deliveries.
        :param failed: count a failure; by default when a reason is given.
        """
        self._settle("release", items, **back(delay, reason, failed=failed))

    def reject(self, *items: Item, reason: str) -> None:
        """Move these items, or all still held, to the dead letters."""
        self._settle("reject", items, reason=reason)

    def ack_forwarding(
        self, items: Sequence[Item], results: Sequence[bytes], to: Keys | None
    ) -> None:
        """Ack, and in the same step push results, already enveloped, to another queue."""
        self._settle("ack", items, forward=results, forward_to=to)

    def hand_over(
        self,
        *items: Item,
        claim_id: str,
        incarnation: str = "",
        lease: timedelta | None = None,
        owner: str | None = None,
    ) -> int:
        """Give these items, or all still held, to another claim id; return its generation.

        See `ClaimHandle.hand_over`. This claim is then done with them.

        :param lease: of the new claim; by default as long as this one's.
        """
        give = partial(
            self.handle.hand_over,
            claim_id=claim_id,
            incarnation=incarnation,
            lease=timedelta(milliseconds=self.holder.lease_ms) if lease is None else lease,
            owner=self.owner if owner is None else owner,
        )
        generation = self._act("hand_over", items, lambda places: give(*places))
        if generation is None:
            raise BadArgument(f"claim {self.claim_id} holds nothing that could be handed over")
        return int(generation)

    def holds(self, item: Item) -> bool:
        """Whether this very item is still to be settled."""
        return item in self._hand

    def place_of(self, item: Item) -> int:
        """Where the item stands in this claim, for `ClaimHandle` to name it."""
        return self._hand.place_of(item)

    def extend(self, lease: timedelta | None = None) -> None:
        """Renew the lease from now on, for another length if given."""
        if lease is not None:
            self.holder.lease_ms = milliseconds(lease, "lease", least=SHORTEST_LEASE)
        if not self._lease.extend():
            raise self._lease.lose()

    def keep_alive(self) -> Claim:
        """Renew the lease in the background, until settled or stopped."""
        if self.held:
            self.holder.heartbeat.add(self)
        return self

    def stop_keep_alive(self) -> None:
        self.holder.heartbeat.remove(self)

    def renew(self) -> bool:
        """One heartbeat: never raises, False once the claim is known to be lost."""
        if not self._settling.acquire(blocking=False):
            return True  # settling finds out by itself, and what it ends is no loss
        try:
            alive = self._lease.beat()
            if not alive and self.held and not self._lease.is_lost:
                log.error("Claim %s, generation %d, is lost", self.claim_id, self.generation)
                self._lease.lose()
            return alive
        finally:
            self._settling.release()

    def _settle(self, action: str, items: Sequence[Item], **how: Any) -> None:
        self._act(action, items, lambda places: self.handle.settle(action, places, **how))

    def _act(self, action: str, items: Sequence[Item], act: Callable[[Sequence[int]], Any]) -> Any:
        with self._settling:
            chosen = self._hand.chosen(action, items)
            if not chosen:
                return None
            if self.holder.life.is_over and action != "release":
                raise self._lease.loss()
            try:
                done = act(self._hand.places(chosen) if items else ())
            except ClaimLost as error:
                self.stop_keep_alive()
                self._lease.lose(error.why)
                raise
            self._end(chosen, action)
            return done

    def _end(self, chosen: Sequence[int], action: str) -> None:
        self._hand.end(chosen, action)
        if not self.held:
            self.stop_keep_alive()
            self.holder.claimant.after = self.generation
            self.holder.leave()

    def _give_up(self, error: BaseException) -> None:
        """Release what is held; the error that is under way goes first whatever happens here."""
        reason = f"{type(error).__name__}: {error}"
        blamed = isinstance(error, Exception) and not isinstance(error, ClaimLost)
        try:
            if blamed and self._current is not None and self.holds(self._current):
                self.release(self._current, reason=reason)
                blamed = False
            self.release(reason=reason, failed=blamed)
        except RedisXComError as second:
            log.warning("Claim %s was not released: %s", self.claim_id, second)
