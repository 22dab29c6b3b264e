"""The loops of a drain: item by item, or batch by batch."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .blame import ends_the_task, is_failure, reason_of
from .failing import FailedItems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redis_xcom import Claim, Drain, Item
    from redis_xcom.priorities import PriorityDrain

    from .failing import Failing
    from .function import Work
    from .tally import Tally

TRACED = 3
"""So many failures are logged with their traceback; all have their reason in the queue."""

LONGEST_IDLE_AT_ONCE = timedelta(seconds=5)
NO_TIME = timedelta(0)


class Deadline:
    """Until when items are begun; None for ever."""

    def __init__(self, seconds: timedelta | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds.total_seconds()

    @property
    def left(self) -> timedelta:
        if self._until is None:
            return timedelta.max
        return timedelta(seconds=max(0.0, self._until - time.monotonic()))


@dataclass
class Worker:
    """Hands what is claimed to a function, and settles each item by what becomes of it.

    What is not begun when the time is over goes back at once.

    :param forwards: whether results go to another queue.
    :param look: called before each batch and now and then while waiting.
    """

    drain: Drain | PriorityDrain
    work: Work
    tally: Tally
    failing: Failing
    deadline: Deadline
    forwards: bool
    look: Callable[[], None]
    log: Any

    def run(self) -> None:
        """Work until nothing has come for as long as the drain idles, or another end is reached."""
        idle = left = self.drain.idle
        most = self.drain.max_items
        while True:
            before = self.tally.claimed
            waits = self.drain.idle = min(left, LONGEST_IDLE_AT_ONCE, self.deadline.left)
            self.look()
            self._work_off()
            left = (idle if self.tally.claimed > before else left) - waits
            if most is not None:
                self.drain.max_items = most - self.tally.claimed
                if self.drain.max_items <= 0:
                    return
            if left <= NO_TIME or not self.deadline.left:
                return

    def _work_off(self) -> None:
        """Work until the queue is empty or the time is over."""
        raise NotImplementedError

    def _begin(self, claim: Claim) -> None:
        self.look()
        if self.tally.claimed == 0:
            earlier = ", from an earlier try" if claim.taken_over else ""
            self.log.info("Draining: %s%s", self._mention(claim, len(claim)), earlier)

    def _mention(self, claim: Claim, items: int) -> str:
        from redis_xcom.airflow.mention import mention

        return mention(claim.holder.scripts.keys.name, claim, items)

    def _bound_idling(self) -> None:
        self.drain.idle = min(self.drain.idle, self.deadline.left)

    def _forward(self, results: Sequence[Any], item: Item) -> int:
        """Have them go with the item's ack; return how many there are."""
        worth = [result for result in results if result is not None] if self.forwards else []
        for result in worth:
            self.drain.forward(result, of=item)
        return len(worth)

    def _failed(self, items: list[Item], error: Exception) -> bool:
        """Settle what an error is to blame for; True when the task ends with it."""
        if is_failure(error):
            traced = error if self.tally.failed < TRACED else None
            failed = self._mention(self.drain.claim, len(items))
            self.log.warning("Failed: %s, with %s", failed, type(error).__name__, exc_info=traced)
            self._settle(items, reason_of(error))
        return self.failing.on_error == "raise" or ends_the_task(error)

    def _settle(self, items: list[Item], reason: str) -> None:
        # The function may have settled some of them itself.
        held = [item for item in items if self.drain.claim.holds(item)]
        if held:
            self.failing.settle(self.drain, held, reason)
        self.tally.failed += len(items)
        if self.failing.on_error == "reject":
            self.tally.rejected += len(held)


class ItemWorker(Worker):
    """The function works one item at a time."""

    def _work_off(self) -> None:
        claim = None
        with closing(iter(self.drain)) as items:
            for item in items:
                if self.drain.claim is not claim:
                    claim = self.drain.claim
                    self._begin(claim)
                if not self.deadline.left:
                    return
                self._work_on(item)
                self._bound_idling()

    def _work_on(self, item: Item) -> None:
        self.tally.claimed += 1
        try:
            result = self.work(item.payload, item=item, claim=self.drain.claim)
            forwarded = self._forward([result], item)
        except Exception as error:
            if self._failed([item], error):
                raise
        else:
            self.tally.done += 1
            self.tally.forwarded += forwarded


class BatchWorker(Worker):
    """The function works all items of a batch at a time."""

    def _work_off(self) -> None:
        with closing(self.drain.batches()) as batches:
            for claim in batches:
                self._begin(claim)
                if not self.deadline.left:
                    return
                self._work_on(claim)
                self._bound_idling()

    def _work_on(self, claim: Claim) -> None:
        self.tally.claimed += len(claim)
        try:
            reasons, results = self._told_of(claim)
            done = [item for item in claim.items if id(item) not in reasons]
            several = results if isinstance(results, (list, tuple)) else [results]
            forwarded = self._forward(several, done[0] if done else claim.items[0])
        except Exception as error:
            if self._failed(claim.items, error):
                raise
        else:
            self.tally.done += len(done)
            self.tally.forwarded += forwarded
            for reason in dict.fromkeys(reasons.values()):
                self._settle([i for i in claim.items if reasons.get(id(i)) == reason], reason)

    def _told_of(self, claim: Claim) -> tuple[dict[int, str], Any]:
        """Return why items failed, by identity, where the function says so, and its results."""
        try:
            return {}, self.work(claim.payloads, claim=claim)
        except FailedItems as told:
            reasons = {id(claim.items[place]): reason for place, reason in told.reasons.items()}
            return reasons, told.results
