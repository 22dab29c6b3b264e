"""Settle in one task what another one has claimed with ``ack="manual"``."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from redis_xcom.errors import ClaimLost

from .arguments import span
from .links import QueueLink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

    from redis_xcom.handle import ClaimHandle

    from .handles import Handle


class SettleClaimOperator(BaseOperator):
    """Base of the operators that settle claimed items by their handles.

    :param claim: what is meant: ``claim_task.handle`` for all of a claim that is still held then,
        ``claim_task.output`` of one that returns handles, some of these, or what mapped ones
        returned. None is nothing. (templated)
    :param max_deliveries: an item that goes back after so many goes to the dead letters instead;
        None for never.
    """

    template_fields: Sequence[str] = ("claim",)
    operator_extra_links = (QueueLink(),)
    done: ClassVar[str]

    def __init__(
        self,
        *,
        claim: XComArg | dict[str, Any] | Sequence[Any] | str | None,
        max_deliveries: int | None = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.claim = claim
        self.max_deliveries = max_deliveries

    def execute(self, context: Context) -> None:  # noqa: ARG002 - as Airflow calls it
        """Settle all that can be; what is settled already stays as it is."""
        from .handles import by_claim, places, read_handles

        lost: list[ClaimLost] = []
        for handles in by_claim(read_handles(self.claim)):
            handles[0].show_on(self)
            client, queue = handles[0].connect(max_deliveries=self.max_deliveries)
            with closing(client):
                claim = queue.handle(handles[0].claim_id, handles[0].generation)
                lost += self._settle_all(claim, places(handles))
            self.log.info("%s: %s", self.done, _shown(handles))
        if lost:
            self._tell_lost(lost)

    def _settle_all(self, claim: ClaimHandle, places: Sequence[int]) -> list[ClaimLost]:
        """Settle at once or, as one that is lost keeps all others from it, one by one."""
        try:
            self._settle(claim, *places)
        except ClaimLost as error:
            if len(places) < 2:  # noqa: PLR2004 - nothing is left to take apart
                return [error]
            return [lost for place in places for lost in self._settle_all(claim, [place])]
        return []

    def _settle(self, claim: ClaimHandle, *places: int) -> None:
        raise NotImplementedError

    def _tell_lost(self, lost: Sequence[ClaimLost]) -> None:
        raise NotImplementedError


class AckClaimOperator(SettleClaimOperator):
    """Acknowledge what another task has claimed: it is done, and gone.

    Of a whole claim it means what is left of it: items that were settled one by one, or taken
    over by another task, stay as they are. Where certain items are named, or went back to their
    queue because the claim was held for too long, it acknowledges the others and then fails
    without another try: these come again, or are another task's.
    """

    done = "Acknowledged"

    def _settle(self, claim: ClaimHandle, *places: int) -> None:
        claim.ack(*places)

    def _tell_lost(self, lost: Sequence[ClaimLost]) -> None:
        from redis_xcom.airflow.compat import fail_for_good

        raise fail_for_good(f"Not acknowledged, and in other hands: {lost[0]}") from lost[0]


class ReleaseClaimOperator(SettleClaimOperator):
    """Give back what another task has claimed: nobody has to wait for the end of the run.

    As a teardown of the claiming task it gives back whatever was not acknowledged or taken over
    by then. What went back already is no error.

    :param reason: why; kept when an item dies of too many deliveries. (templated)
    :param delay: how long, as timedelta or in seconds, nobody can claim the items. (templated)
    :param failed: whether that counts as a failure of the items, which then go behind the others;
        by default when a reason is given.
    """

    template_fields: Sequence[str] = (*SettleClaimOperator.template_fields, "reason", "delay")
    done = "Released"

    def __init__(
        self,
        *,
        reason: str | None = None,
        delay: timedelta | float | str | None = None,
        failed: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.reason = reason
        self.delay = delay
        self.failed = failed

    def _settle(self, claim: ClaimHandle, *places: int) -> None:
        delay = None if self.delay is None else span(self.delay, "delay")
        claim.release(*places, delay=delay, reason=self.reason, failed=self.failed)

    def _tell_lost(self, lost: Sequence[ClaimLost]) -> None:
        self.log.info("Nothing to give back: %s", lost[0])


def _shown(handles: Sequence[Handle]) -> str:
    more = f", and {len(handles) - 1} more of it" if len(handles) > 1 else ""
    return f"{handles[0]}{more}"
