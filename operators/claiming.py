"""What every operator that claims has in common: how much, for how long, until when it asks."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .arguments import span, whole_number
from .ending import EndsAtOnce
from .queue_operator import QueueOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis import Redis

    from redis_xcom import Claim, Queue

ON_EMPTY = ("skip", "fail", "return")
LONGEST_WAIT_AT_ONCE = timedelta(seconds=2)


class ClaimingOperator(EndsAtOnce, QueueOperator):
    """Base of the operators whose task instance claims items.

    They take several queues, too, the most urgent one first: ``queue=["urgent", "normal"]``. What
    an earlier try holds is found in whichever it is.

    :param limit: how many items to claim at most. (templated)
    :param lease: how long, as timedelta or in seconds, the items stay with a claimant that is
        not heard of. A running task renews it. (templated)
    :param wait: how long, as timedelta or in seconds, to wait for a first item, occupying a
        worker. Where the queue was left alone for long and a claimant may have died, it waits in
        any case until that is decided: a third of that claimant's lease. (templated)
    :param max_deliveries: after so many deliveries without an acknowledgement an item goes to
        the dead letters; None for never.
    """

    template_fields: Sequence[str] = (*QueueOperator.template_fields, "limit", "lease", "wait")

    def __init__(
        self,
        *,
        limit: int | str = 100,
        lease: timedelta | float | str = timedelta(minutes=15),
        wait: timedelta | float | str | None = None,
        max_deliveries: int | None = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.limit = limit
        self.lease = lease
        self.wait = wait
        self.max_deliveries = max_deliveries

    def _joined(self, queues: list[Queue]) -> Any:
        from redis_xcom import Priorities

        return queues[0] if len(queues) == 1 else Priorities(queues)

    def _source(self, queue: Queue, claim: Claim) -> Queue:
        """Return which of several queues the claim is of."""
        from redis_xcom.airflow.fate import of_each

        return next(one for one in of_each(queue) if one.keys == claim.holder.scripts.keys)

    def _claim(self, queue: Queue, ti: Any) -> Claim:
        from redis_xcom.airflow.compat import try_id
        from redis_xcom.airflow.fate import settle_silent
        from redis_xcom.airflow.identity import owner

        who = {"claim_id": self._claim_id(ti), "incarnation": try_id(ti), "owner": owner(ti)}
        limit, lease = self._most(), self._lease()
        until = time.monotonic() + span(self.wait or 0, "wait").total_seconds()
        while True:
            left = timedelta(seconds=max(0.0, until - time.monotonic()))
            wait = min(left, LONGEST_WAIT_AT_ONCE)
            settle_silent(queue, ti)
            claim = queue.claim(limit, lease=lease, wait=wait, **who)
            if claim.in_doubt is not None:
                until = max(until, time.monotonic() + claim.in_doubt.total_seconds())
            elif claim:
                self._log_claim(claim)
            if claim or time.monotonic() >= until:
                return claim

    def _claim_id(self, ti: Any) -> str:
        from redis_xcom.airflow.identity import task_path

        return task_path(ti)

    def _lease(self) -> timedelta:
        return span(self.lease, "lease")

    def _most(self) -> int:
        return whole_number(self.limit, "limit")

    def _tell_nothing(self, claim: Claim, on_empty: str) -> None:
        """Skip or fail, or return to a task that goes on with nothing."""
        from redis_xcom.airflow.compat import skip

        message = f"Nothing to claim in queue {', '.join(self._names)}"
        if claim.paused:
            message += ", which is paused"
        elif claim.full:
            message += ": as much is claimed as may be at a time"
        if claim.retry_after is not None:
            message += f"; something may come in {claim.retry_after.total_seconds():.1f} s"
        if on_empty == "fail":
            raise RuntimeError(message)
        if on_empty == "skip":
            raise skip(message)
        self.log.info("%s", message)

    def _hold(self, client: Redis, claim: Claim, ti: Any, *, handed: bool = False) -> None:
        """Leave the claim to the listener, which settles it once the task's fate is known.

        :param handed: see `HeldClaim`.
        """
        from redis_xcom.airflow import listener
        from redis_xcom.airflow.compat import add_listener, try_id
        from redis_xcom.airflow.held import HeldClaim, hold

        add_listener(listener)
        hold(
            try_id(ti),
            HeldClaim(
                queue=claim.holder.scripts.keys.name,
                client=client,
                claim=claim.keep_alive(),
                lease=self._lease(),
                handed=handed,
            ),
        )

    def _mark(self, claim: Claim, ti: Any, *, returns: bool = True) -> None:
        """Tell that the work is done: the last thing before the task returns.

        :param returns: something, which Airflow keeps in XCom next.
        """
        from redis_xcom.airflow import marker

        marker.push(ti, claim, self.redis_conn_id, returns=returns and self.do_xcom_push)

    def _log_claim(self, claim: Claim) -> None:
        from redis_xcom.airflow.mention import mention

        earlier = ", from an earlier try" if claim.taken_over else ""
        queue = claim.holder.scripts.keys.name  # of several, the one that had something
        self.log.info("Claimed: %s%s", mention(queue, claim, len(claim)), earlier)
