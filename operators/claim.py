"""Claim items of a queue."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument

from .arguments import one_of, span
from .claiming import ON_EMPTY
from .deferring import DeferringOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

    from redis_xcom import Claim

ACK = ("on_success", "on_claim", "manual")
RETURNS = ("payloads", "handles")


class ClaimFromQueueOperator(DeferringOperator):
    """Claim up to ``limit`` items of a queue and return their payloads.

    The items belong to this task instance, and their fate is its own: a retry gets the very same
    items back, once it has succeeded they are acknowledged and gone, once it has failed for good
    they go back to the queue. A process that dies loses nothing: its items wait for the retry, or
    go back as soon as another claimant hears from Airflow that there will be none, at the latest
    when the lease ends. Clearing this task after its success claims other items and deletes these
    from XCom: to process the same ones again, clear the tasks after it.

    The payloads can be mapped over: ``process.expand(order=claim.output)``. A claim holds
    ``[core] max_map_length`` items at most; the rest stays in the queue. To claim more at a time,
    map this operator: ``.partial(...).expand(slot=[0, 1, 2])`` claims for each slot by itself.

    :param queue: name of the queue. (templated)
    :param limit: how many items to claim at most. (templated)
    :param lease: how long, as timedelta or in seconds, the items stay with a claimant that is
        not heard of. A running task renews it. (templated)
    :param on_empty: with nothing to claim, ``skip`` the task, ``fail`` it, or ``return`` ``[]``.
    :param ack: when the items are done: ``on_success`` of this task; ``on_claim``, at once, and
        lost if this task fails; or ``manual``: the items belong to the DAG run from then on,
        until a task of it takes them over (``@task.claimed``) or settles them
        (``AckClaimOperator``, ``ReleaseClaimOperator``).
    :param returns: ``payloads``, or, with ``ack="manual"``, ``handles``: one for each item, by
        which other tasks get hold of it; payloads then stay out of XCom.
    :param hold: with ``ack="manual"``, how long the run has the items at most, as timedelta or in
        seconds. They go back at once when the run has ended. (templated)
    :param wait: how long, as timedelta or in seconds, to wait for a first item, occupying a
        worker. Where the queue was left alone for long and a claimant may have died, it waits in
        any case until that is decided: a third of that claimant's lease. (templated)
    :param timeout: how long, as timedelta or in seconds, to wait for a first item in all; after
        that ``on_empty`` says what happens. (templated)
    :param deferrable: wait in the triggerer, without a worker; by default as ``[operators]
        default_deferrable`` says. True without a ``timeout`` waits for ``[sensors]
        default_timeout``.
    :param soft_fail: skip where the end of the timeout, or a broken trigger, would fail the task.
    :param slot: which of several claiming tasks this is, to be mapped over. (templated)
    :param max_deliveries: after so many deliveries without an acknowledgement an item goes to
        the dead letters; None for never.
    """

    template_fields: Sequence[str] = (*DeferringOperator.template_fields, "slot", "hold")

    def __init__(
        self,
        *,
        on_empty: str = "skip",
        ack: str = "on_success",
        returns: str = "payloads",
        hold: timedelta | float | str = timedelta(days=1),
        slot: object = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.on_empty = one_of(on_empty, "on_empty", ON_EMPTY)
        self.ack = one_of(ack, "ack", ACK)
        self.returns = one_of(returns, "returns", RETURNS)
        if returns == "handles" and ack != "manual":
            raise BadArgument('returns="handles" needs ack="manual": no other items stay claimed')
        self.hold = hold
        self.slot = slot

    @property
    def handle(self) -> XComArg:
        """What this task claimed, whole: for `AckClaimOperator` and `ReleaseClaimOperator`."""
        from airflow.sdk.definitions.xcom_arg import XComArg

        from redis_xcom.airflow.marker import KEY

        return XComArg(self, key=KEY)

    def _attempt(self, context: Context, *, until: float, fruitless: int = 0) -> list[Any]:
        """Claim, see to the end of the claim, and return the payloads or handles."""
        ti: Any = context["ti"]
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        claim = self._claim(queue, ti)
        if claim and self.ack == "on_success":
            self._hold(client, claim, ti)
            self._mark(claim, ti)
        else:
            with closing(client):
                self._end(claim, ti)
        if claim:
            return self._output(claim)
        self._wait_deferred(until, fruitless)
        return self._return_nothing(claim)

    def _claim_id(self, ti: Any) -> str:
        from redis_xcom.airflow.identity import kept_path

        return kept_path(ti) if self.ack == "manual" else super()._claim_id(ti)

    def _lease(self) -> timedelta:
        # The run does not renew it: whoever asks Airflow about the run ends it before its time.
        return span(self.hold, "hold") if self.ack == "manual" else super()._lease()

    def _output(self, claim: Claim) -> list[Any]:
        from .handles import item_handles

        if self.returns == "payloads":
            return claim.payloads
        return item_handles(claim, claim.items, self.redis_conn_id)

    def _most(self) -> int:
        from redis_xcom.airflow.compat import max_map_length

        limit, most = super()._most(), max_map_length()
        if limit > most:
            self.log.warning("Claiming %s items, not %s: [core] max_map_length", most, limit)
        return min(limit, most)

    def _return_nothing(self, claim: Claim) -> list[Any]:
        softly = self.soft_fail and self.on_empty == "fail"
        self._tell_nothing(claim, "skip" if softly else self.on_empty)
        return []

    def _on_broken_trigger(self) -> None:
        self.on_empty = "fail"

    def _end(self, claim: Claim, ti: Any) -> None:
        if claim and self.ack == "on_claim":
            claim.ack()
        elif claim:
            self._mark(claim, ti)
