"""Claim items of a queue."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from .arguments import one_of
from .claiming import ClaimingOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from redis_xcom import Claim

ON_EMPTY = ("skip", "fail", "return")
ACK = ("on_success", "on_claim", "manual")


class ClaimFromQueueOperator(ClaimingOperator):
    """Claim up to ``limit`` items of a queue and return their payloads.

    The items belong to this task instance. A retry gets the very same items back, unless the lease
    ended before it began: its default outlasts the five minutes after which Airflow notices a
    dead worker and the five minutes until it tries again. Once the task has succeeded they are
    acknowledged and gone; once it has failed for good they go back to the queue. A process that
    dies loses nothing: its items go to the retry, or back when the lease ends. Clearing this task
    after its success claims other items and deletes these from XCom: to process the same ones
    again, clear the tasks after it.

    The payloads can be mapped over: ``process.expand(order=claim.output)``. A claim holds
    ``[core] max_map_length`` items at most; the rest stays in the queue. To claim more at a time,
    map this operator: ``.partial(...).expand(slot=[0, 1, 2])`` claims for each slot by itself.

    :param queue: name of the queue. (templated)
    :param limit: how many items to claim at most. (templated)
    :param lease: how long, as timedelta or in seconds, the items stay with a claimant that is
        not heard of. A running task renews it. (templated)
    :param on_empty: with nothing to claim, ``skip`` the task, ``fail`` it, or ``return`` ``[]``.
    :param ack: when the items are done: ``on_success`` of this task; ``on_claim``, at once, and
        lost if this task fails; or ``manual``: the items stay claimed, the XCom ``claim`` holds
        the ``claim_id`` and ``incarnation`` with which ``Queue.claim`` gets hold of them before
        the lease ends.
    :param wait: how long, as timedelta or in seconds, to wait for a first item, occupying a
        worker. Where the queue was left alone for long and a claimant may have died, it waits in
        any case until that is decided: a third of that claimant's lease. (templated)
    :param slot: which of several claiming tasks this is, to be mapped over. (templated)
    :param max_deliveries: after so many deliveries without an acknowledgement an item goes to
        the dead letters; None for never.
    """

    template_fields: Sequence[str] = (*ClaimingOperator.template_fields, "slot")

    def __init__(
        self,
        *,
        on_empty: str = "skip",
        ack: str = "on_success",
        slot: object = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.on_empty = one_of(on_empty, "on_empty", ON_EMPTY)
        self.ack = one_of(ack, "ack", ACK)
        self.slot = slot

    def execute(self, context: Context) -> list[Any]:
        """Claim, see to the end of the claim, and return the payloads."""
        ti: Any = context["ti"]
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        claim = self._claim(queue, ti)
        if claim and self.ack == "on_success":
            self._hold(client, claim, ti)
            self._mark(claim, ti)
        else:
            with closing(client):
                self._end(claim, ti)
        return claim.payloads or self._return_nothing(claim)

    def _most(self) -> int:
        from redis_xcom.airflow.compat import max_map_length

        limit, most = super()._most(), max_map_length()
        if limit > most:
            self.log.warning("Claiming %s items, not %s: [core] max_map_length", most, limit)
        return min(limit, most)

    def _return_nothing(self, claim: Claim) -> list[Any]:
        from redis_xcom.airflow.compat import skip

        message = f"Nothing to claim in queue {self.queue_name}"
        if claim.retry_after is not None:
            message += f"; something may come in {claim.retry_after.total_seconds():.1f} s"
        if self.on_empty == "fail":
            raise RuntimeError(message)
        if self.on_empty == "skip":
            raise skip(message)
        self.log.info("%s", message)
        return []

    def _end(self, claim: Claim, ti: Any) -> None:
        if claim and self.ack == "on_claim":
            claim.ack()
        elif claim:
            self._mark(claim, ti)
