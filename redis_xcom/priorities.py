"""Several queues in order: what lies in the first of them goes before all the others."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from redis_xcom.errors import BadArgument
from redis_xcom.lull import Lull
from redis_xcom.units import milliseconds, whole_number

if TYPE_CHECKING:
    from redis_xcom.claim import Claim
    from redis_xcom.drain import Drain
    from redis_xcom.item import Item
    from redis_xcom.queue import Queue

Part = TypeVar("Part", "Item", "Claim")


class Priorities:
    """Claims and drains as one queue does, from the first queue that has something.

    A claim and a batch are of one queue. A paused queue is passed over, and so is one of which as
    much is claimed as may be.

    :param queues: the most urgent one first.
    """

    def __init__(self, queues: Sequence[Queue]) -> None:
        if not queues:
            raise BadArgument("queues is empty: give one at least")
        self.queues = tuple(queues)

    @property
    def name(self) -> str:
        """The names of all, for people."""
        return ", ".join(queue.name for queue in self.queues)

    def claim(self, limit: int = 1, *, wait: timedelta | None = None, **terms: Any) -> Claim:
        """Claim up to `limit` items of one queue, with the options of `Queue.claim`.

        What a claim id has in any of the queues comes first, however low its priority.
        """
        lull = Lull(wait or timedelta(0))
        if held := self._held(**terms):
            return held[1]
        while True:
            empty = []
            for queue in self.queues:
                if claim := queue.claim(limit, **terms):
                    return claim
                empty.append(claim)
            if not lull.outlasts():
                return min(empty, key=_hope)

    def drain(
        self,
        batch: int = 100,
        *,
        idle: timedelta = timedelta(0),
        max_items: int | None = None,
        **terms: Any,
    ) -> PriorityDrain:
        """Return an iterable over the items of all queues, with the options of `Queue.drain`.

        After each batch of a less urgent queue those before it are looked at again.
        """
        milliseconds(idle, "idle")
        if max_items is not None:
            whole_number(max_items, "max_items", least=1, most=2**53)
        who = {name: terms[name] for name in terms if name != "forward_to"}
        return PriorityDrain(self.queues, batch, idle, max_items, terms, self._held(**who))

    def wait(self, timeout: timedelta) -> bool:
        """True once an item lies ready in any, False after the timeout. Takes nothing."""
        lull = Lull(timeout)
        while not any(queue.stats().ready for queue in self.queues):
            if not lull.outlasts():
                return False
        return True

    def close(self) -> None:
        """Close the connections that the queues opened themselves."""
        for queue in self.queues:
            queue.close()

    def _held(self, **terms: Any) -> tuple[Queue, Claim] | None:
        """All queues are asked: one that a newer incarnation has claimed from raises."""
        if terms.get("claim_id") is None:
            return None
        claims = [(queue, queue.claim(0, **terms)) for queue in self.queues]
        return next((found for found in claims if found[1]), None)


@dataclass(eq=False)
class PriorityDrain:
    """Yields items as a `Drain` does, from the most urgent queue that has any.

    :param held: what its claimant had before, to be worked first.
    """

    queues: Sequence[Queue]
    batch: int
    idle: timedelta
    max_items: int | None
    terms: dict[str, Any]
    held: tuple[Queue, Claim] | None = None
    _drain: Drain | None = field(init=False, default=None)
    _given: int = field(init=False, default=0)

    @property
    def current(self) -> Drain:
        """The drain of the queue whose batch is in hand; raises `BadArgument` before the first."""
        if self._drain is None:
            raise BadArgument("no batch is in hand")
        return self._drain

    @property
    def claim(self) -> Claim:
        """The batch in hand; raises `BadArgument` between batches."""
        return self.current.claim

    @property
    def generation(self) -> int:
        """The fencing token of the batch in hand; raises `BadArgument` between batches."""
        return self.current.generation

    @property
    def claim_id(self) -> str:
        """Under which the batch in hand is claimed; raises `BadArgument` between batches."""
        return self.current.claim_id

    def __iter__(self) -> Generator[Item, None, None]:
        with closing(self._work(iter, lambda _: 1)) as items:
            yield from items

    def batches(self) -> Generator[Claim, None, None]:
        """Yield the batches as claims; see `Drain.batches`."""
        return self._work(lambda drain: drain.batches(), len)

    def forward(self, payload: Any, **of: Any) -> None:
        """Push a result with the ack of its item; see `Drain.forward`."""
        self.current.forward(payload, **of)

    def ack(self, item: Item) -> None:
        """Ack one item now; see `Drain.ack`."""
        self.current.ack(item)

    def release(self, *items: Item, **how: Any) -> None:
        """Put items back; see `Drain.release`."""
        self.current.release(*items, **how)

    def reject(self, *items: Item, reason: str) -> None:
        """Move items to the dead letters; see `Drain.reject`."""
        self.current.reject(*items, reason=reason)

    def _work(
        self, parts: Callable[[Drain], Generator[Part, None, None]], size: Callable[[Part], int]
    ) -> Generator[Part, None, None]:
        self._given = 0
        yield from self._pick_up(parts, size)
        lull = Lull(self.idle)
        while self._left() > 0:
            before = self._given
            empty = yield from self._round(parts, size)
            if self._given > before:
                lull = Lull(self.idle)
            elif not lull.outlasts(*empty):
                return

    def _pick_up(self, parts: Any, size: Any) -> Generator[Any, None, None]:
        held, self.held = self.held, None
        if held is not None:
            queue, claim = held
            yield from self._of(queue, len(claim), parts, size)

    def _round(self, parts: Any, size: Any) -> Generator[Any, None, list[Claim]]:
        """The first queue to the end, or one batch of another."""
        before, empty = self._given, []
        for queue in self.queues:
            most = self._left() if queue is self.queues[0] else min(self._left(), self.batch)
            nothing = yield from self._of(queue, most, parts, size)
            if nothing is not None:
                empty.append(nothing)
            if self._given > before:
                break
        return empty

    def _of(
        self, queue: Queue, most: int, parts: Any, size: Any
    ) -> Generator[Any, None, Claim | None]:
        drain = queue.drain(self.batch, max_items=most, **self.terms)
        drain.through_doubt = False
        with closing(parts(drain)) as found:
            for part in found:
                self._drain = drain
                self._given += size(part)
                yield part
        return drain.nothing

    def _left(self) -> int:
        return (2**53 if self.max_items is None else self.max_items) - self._given


def _hope(claim: Claim) -> timedelta:
    """How soon something may come to a queue that had nothing."""
    return claim.in_doubt or claim.retry_after or timedelta.max
