"""Clients that push, claim and ack without a pause, and write down what they are told."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from lab.below.account import Account
from lab.waiting import wait_until
from redis_xcom import Claim, ClaimLost, Queue, ServerUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from redis import Redis

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds for a number of answers: a slow disk syncs a few hundred writes a second."""
A_MOMENT = timedelta(seconds=0.1)
LEASE = timedelta(minutes=5)
"""Longer than any experiment: no claim ends by itself."""


class Client(threading.Thread):
    """Repeats its step until told to end; an error that says so is outlived."""

    def __init__(self, load: Load, queue: Queue, step: Callable[[Queue], None]) -> None:
        super().__init__(daemon=True)
        self._load, self._queue, self._step = load, queue, step
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._load.ended.is_set():
                self._step(self._queue)
        except Exception as error:  # noqa: BLE001 (told by whoever joins)
            self.failure = error
        finally:
            self._queue.close()


class Load:
    """As many producers and as many consumers while its `with` block lasts.

    :param make_queue: a queue with connections of its own, for each of them.
    :param pairs: of one producer and one consumer.
    """

    def __init__(self, make_queue: Callable[[], Queue], *, seed: int, pairs: int = 2) -> None:
        self.account, self.ended = Account(), threading.Event()
        self.refused: list[str] = []
        """Errors that clients were told, but for those that the account keeps."""
        self.answered: list[float] = []
        self._make_queue = make_queue
        self._numbers = itertools.count()
        self._dice = random.Random(seed)
        steps = [self._push, self._consume] * pairs
        self._clients = [Client(self, make_queue(), step) for step in steps]

    def __enter__(self) -> Load:
        for client in self._clients:
            client.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ended.set()
        for client in self._clients:
            client.join(60)
        failures = [client.failure for client in self._clients if client.failure]
        if failures and error is None:
            raise failures[0]

    def stock(self, items: int) -> None:
        """Push so many items beforehand, and write them down."""
        queue = self._make_queue()
        numbers = [next(self._numbers) for _ in range(items)]
        queue.push_many(numbers)
        for number in numbers:
            self.account.has_pushed(number)
        queue.close()

    def until(self, answers: int) -> float:
        """Wait for so many more confirmed calls; return how many came in a second."""
        before, began = len(self.answered), time.monotonic()
        wait_until(
            lambda: len(self.answered) - before >= answers or self._failed(),
            f"{answers} answers",
            timeout=PATIENCE,
            every=0.005,
        )
        return (len(self.answered) - before) / (time.monotonic() - began)

    def first_answer_after(self, moment: float) -> float:
        """Return when, from then on, the first call was confirmed."""
        return min(wait_until(lambda: [t for t in self.answered if t > moment], "an answer"))

    def work_off(self, client: Redis) -> None:
        """Take everything that is left, and write it down; nobody else works any more.

        What claims hold that their claimants do not know of is taken at once: their leases are
        made to end.
        """
        queue = self._make_queue()
        leases = queue.keys.part("leases")
        if ids := client.zrange(leases, 0, -1):
            client.zadd(leases, dict.fromkeys(ids, 0))
        while queue.stats().total:
            self._consume(queue)
        queue.close()

    def _failed(self) -> bool:
        return any(client.failure for client in self._clients)

    def _push(self, queue: Queue) -> None:
        number = next(self._numbers)
        try:
            queue.push(number)
        except ServerUnavailable as error:
            self.refused.append(str(error))  # it may be there or not: nothing was promised
            return
        self.account.has_pushed(number)
        self.answered.append(time.monotonic())

    def _consume(self, queue: Queue) -> None:
        asked, limit = time.monotonic(), self._dice.randint(1, 3)
        claim = self._insist(lambda: queue.claim(limit, lease=LEASE, wait=A_MOMENT))
        if claim:
            self.answered.append(time.monotonic())
            self.account.claimed(claim, asked)
            for part in self._parts(claim):
                self._ack(claim, part, asked)

    def _parts(self, claim: Claim) -> Iterator[list[int]]:
        """Places in a claim that are acked together: all, or one after the other."""
        places = list(range(len(claim)))
        yield from [places] if self._dice.random() < 0.5 else [[place] for place in places]

    def _ack(self, claim: Claim, places: list[int], asked: float) -> None:
        items = [claim.items[place] for place in places]
        numbers = [item.payload for item in items]
        try:
            self._insist(lambda: claim.ack(*items))
        except ClaimLost as error:
            if time.monotonic() < asked + LEASE.total_seconds():
                self.account.forgotten.append(str(error))
        else:
            self.account.has_acked(numbers, claim.generation)
            self.answered.append(time.monotonic())

    def _insist(self, act: Callable[[], T]) -> T:
        """Repeat a call, which does no harm, until it is answered or a minute has passed."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return act()
            except ServerUnavailable as error:
                self.refused.append(str(error))
                if time.monotonic() > deadline:
                    raise
