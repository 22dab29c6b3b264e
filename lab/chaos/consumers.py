"""Workers that claim: named and nameless claimants, drains with and without forwards."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta

from lab.chaos.ground import LEASE
from lab.chaos.worker import Worker
from redis_xcom import Claim, ClaimHandle, ClaimLost, Item, Queue

SHORT_WAIT = timedelta(seconds=0.2)


class Boom(Exception):
    """The work on an item failed."""


class Claimer(Worker):
    """Claims from `mixed`, and does with its items everything that may be done."""

    def who(self) -> dict[str, str]:
        return {}

    def queue(self) -> Queue:
        return self.ground.mixed

    def turn(self) -> None:
        queue = self.queue()
        lease = LEASE * self.dice.choice((1, 1, 2))
        claim = queue.claim(self.dice.randint(1, 20), lease=lease, wait=SHORT_WAIT, **self.who())
        if not claim:
            return
        self.told.claimed(queue, claim)
        ways, weights = zip(*WAYS, strict=True)
        (way,) = self.dice.choices(ways, weights)
        way(self, queue, claim)

    def ack_whole(self, queue: Queue, claim: Claim) -> None:
        items = [item for item in claim.items if claim.holds(item)]
        try:
            claim.ack()
        except ClaimLost:
            self.told.settled("refused", queue, claim, items)
        else:
            self.told.settled("acked", queue, claim, items)

    def settle_singly(self, queue: Queue, claim: Claim) -> None:
        for item in claim.items:
            time.sleep(self.dice.uniform(0, 0.004))
            self.settle_one(queue, claim, item)

    def settle_one(self, queue: Queue, claim: Claim, item: Item) -> None:
        fate = self.dice.random()
        if fate < 0.1:
            claim.release(item, delay=timedelta(seconds=self.dice.uniform(0, 1)), reason="later")
            self.told.settled("released", queue, claim, [item])
        elif fate < 0.15:
            claim.release(item)
            self.told.settled("released", queue, claim, [item])
        elif fate < 0.2:
            claim.reject(item, reason="bad")
            self.told.settled("rejected", queue, claim, [item])
        else:
            claim.ack(item)
            self.told.settled("acked", queue, claim, [item])

    def work_in_a_block(self, _: Queue, claim: Claim) -> None:
        with contextlib.suppress(Boom), claim:
            for _item in claim:
                time.sleep(self.dice.uniform(0, 0.004))
                if self.dice.random() < 0.05:
                    raise Boom

    def outlast_the_lease(self, queue: Queue, claim: Claim) -> None:
        claim.keep_alive()
        time.sleep(1.5 * claim.lease_seconds)
        claim.check()
        self.ack_whole(queue, claim)

    def extend(self, queue: Queue, claim: Claim) -> None:
        claim.extend()
        self.ack_whole(queue, claim)

    def hand_over(self, queue: Queue, claim: Claim) -> None:
        """Some of it to a claim id that others of this part use, too; the rest is acked."""
        items = claim.items[: self.dice.randint(1, len(claim))]
        to = f"part-{self.slot}-{self.dice.randint(1, 3)}"
        incarnation = f"{self.start:08d}"
        generation = claim.hand_over(*items, claim_id=to, incarnation=incarnation)
        handle = queue.handle(to, generation)
        self.told.handed_over(queue, handle, items)
        self.dice.choice(FATES)(self, queue, handle, items)
        self.ack_whole(queue, claim)

    def ack_there(self, queue: Queue, handle: ClaimHandle, items: list[Item]) -> None:
        try:
            handle.ack(*range(1, len(items) + 1))
        except ClaimLost:
            self.told.settled("refused", queue, handle, items)
        else:
            self.told.settled("acked", queue, handle, items)

    def release_there(self, queue: Queue, handle: ClaimHandle, items: list[Item]) -> None:
        handle.release(reason="not here")
        self.told.settled("released", queue, handle, items)

    def hand_on(self, queue: Queue, handle: ClaimHandle, items: list[Item]) -> None:
        further = handle.hand_over(1, claim_id=f"{handle.claim_id}-on", lease=LEASE)
        last = queue.handle(f"{handle.claim_id}-on", further)
        self.told.handed_over(queue, last, items[:1])
        self.ack_there(queue, last, items[:1])

    def take_over_there(self, queue: Queue, handle: ClaimHandle, _: list[Item]) -> None:
        """As the next try of the claim id does."""
        who = {"claim_id": handle.claim_id, "incarnation": f"{self.start:08d}+"}
        with queue.claim(1, lease=LEASE, **who) as claim:
            self.told.claimed(queue, claim)
            self.ack_whole(queue, claim)

    def leave_there(self, *_: object) -> None:
        """The lease runs out, or the next try takes it over."""

    def abandon(self, queue: Queue, claim: Claim) -> None:
        """Neither settle nor renew: the lease runs out, or the same claim is asked for again."""


WAYS = (
    (Claimer.ack_whole, 30),
    (Claimer.settle_singly, 20),
    (Claimer.work_in_a_block, 20),
    (Claimer.outlast_the_lease, 1),
    (Claimer.extend, 5),
    (Claimer.hand_over, 10),
    (Claimer.abandon, 2),
)
FATES = (
    Claimer.ack_there,
    Claimer.release_there,
    Claimer.hand_on,
    Claimer.take_over_there,
    Claimer.leave_there,
)


class NamedClaimer(Claimer):
    """Claims under the id of its slot, as a task does; who takes its place is a newer try."""

    def who(self) -> dict[str, str]:
        return {"claim_id": f"slot-{self.slot}", "incarnation": f"{self.start:08d}"}


class LateClaimer(Claimer):
    """The same on `late`."""

    def queue(self) -> Queue:
        return self.ground.late


class Drainer(Worker):
    """Drains `work`; every item it is done with forwards one result."""

    def turn(self) -> None:
        queue, results = self.ground.work, self.ground.done
        self._drain(queue, forward_to=results)

    def _drain(self, queue: Queue, *, forward_to: Queue | None = None) -> None:
        batch, most = self.dice.choice((1, 5, 30)), self.dice.choice((20, 200))
        drain = queue.drain(
            batch, lease=LEASE, idle=SHORT_WAIT, max_items=most, forward_to=forward_to
        )
        done: list[Item] = []
        for item in drain:
            if forward_to is not None:
                drain.forward({"of": item.payload["n"]})
            fate = self.dice.random()
            if fate < 0.01:
                drain.release(item, reason="again")
            elif fate < 0.015:
                drain.reject(item, reason="bad")
            elif fate < 0.02:
                return
            else:
                done.append(item)
                self._pause(fate)
        self.told.drained(queue, done)

    def _pause(self, fate: float) -> None:
        if fate > 0.999:
            time.sleep(1.5 * LEASE.total_seconds())
        elif fate > 0.8:
            time.sleep(self.dice.uniform(0, 0.002))


class Finisher(Drainer):
    """Drains the results."""

    def turn(self) -> None:
        self._drain(self.ground.done)


class KeyedClaimer(NamedClaimer):
    """Claims from `keyed` as a task does."""

    def queue(self) -> Queue:
        return self.ground.keyed


class KeyedDrainer(Drainer):
    """Drains `keyed`."""

    def turn(self) -> None:
        self._drain(self.ground.keyed)
