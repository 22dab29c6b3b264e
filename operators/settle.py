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
        """Settle claim by claim; what is settled already stays as it is."""
        from .handles import by_claim, places, read_handles

        for handles in by_claim(read_handles(self.claim)):
            handles[0].show_on(self)
            client, queue = handles[0].connect(max_deliveries=self.max_deliveries)
            with closing(client):
                claim = queue.handle(handles[0].claim_id, handles[0].generation)
                self._settle(claim, places(handles))
            self.log.info("%s: %s", self.done, _shown(handles))

    def _settle(self, claim: ClaimHandle, places: Sequence[int]) -> None:
        raise NotImplementedError


class AckClaimOperator(SettleClaimOperator):
    """Acknowledge what another task has claimed: it is done, and gone.

    Of a whole claim it means what is left of it: items that were settled one by one, or taken
    over by another task, stay as they are. It fails without another try where items went back to
    their queue meanwhile, because the claim was held for too long: they come again.
    """

    done = "Acknowledged"

    def _settle(self, claim: ClaimHandle, places: Sequence[int]) -> None:
        from redis_xcom.airflow.compat import fail_for_good

        try:
            claim.ack(*places)
        except ClaimLost as error:
            raise fail_for_good(f"Not acknowledged, and to come again: {error}") from error


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

    def _settle(self, claim: ClaimHandle, places: Sequence[int]) -> None:
        delay = None if self.delay is None else span(self.delay, "delay")
        try:
            claim.release(*places, delay=delay, reason=self.reason, failed=self.failed)
        except ClaimLost as error:
            self.log.info("Nothing to give back: %s", error)


def _shown(handles: Sequence[Handle]) -> str:
    more = f", and {len(handles) - 1} more of it" if len(handles) > 1 else ""
    return f"{handles[0]}{more}"
