"""Claiming operators that wait for items without a worker."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .arguments import span
from .claiming import ClaimingOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

LONGEST_REST = 60.0


class DeferringOperator(ClaimingOperator):
    """Base of the operators that wait for a first item in the triggerer.

    The trigger only looks. The worker claims once it is back, and defers again for the rest of the
    time where others were faster, a little longer each time before it looks again.

    :param timeout: how long, as timedelta or in seconds, to wait for a first item in all: the
        worker is given back after ``wait``. Where the task is not deferrable the worker stays
        occupied. (templated)
    :param deferrable: wait in the triggerer; by default as ``[operators] default_deferrable`` says.
        Without a ``timeout`` that default waits for nothing, and True waits for
        ``[sensors] default_timeout``.
    :param soft_fail: skip where the end of the timeout, or a broken trigger, would fail the task.
    """

    template_fields: Sequence[str] = (*ClaimingOperator.template_fields, "timeout")

    def __init__(
        self,
        *,
        timeout: timedelta | float | str | None = None,
        deferrable: bool | None = None,
        soft_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        from redis_xcom.airflow.compat import default_deferrable, default_timeout

        super().__init__(**kwargs)
        self.deferrable = default_deferrable() if deferrable is None else deferrable
        self.timeout = default_timeout() if deferrable and timeout is None else timeout
        self.soft_fail = soft_fail

    def execute(self, context: Context) -> Any:
        """Work on what there is, or wait for it."""
        until = 0.0
        if self.timeout is not None:
            timeout = span(self.timeout, "timeout")
            if self.deferrable:
                until = time.time() + timeout.total_seconds()
            else:
                self.wait = max(timeout, span(self.wait or 0, "wait"))
        return self._attempt(context, until=until)

    def resume(
        self, context: Context, event: dict[str, str], *, until: float, fruitless: int
    ) -> Any:
        """Go on once the trigger has seen something, or time is up."""
        self.log.info("Waiting has ended: %s", event["status"])
        self.wait = None  # this has been waited for
        return self._attempt(context, until=until, fruitless=fruitless)

    def _attempt(self, context: Context, *, until: float, fruitless: int = 0) -> Any:
        """Claim; with nothing to claim call `_wait_deferred`, which returns when time is up.

        :param until: when that is, in seconds since 1970.
        :param fruitless: how often others have been faster.
        """
        raise NotImplementedError

    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context
    ) -> Any:
        """Go on after a deferral; where it was ended or has failed, claim for a last time."""
        from redis_xcom.airflow.compat import deferral_failed, deferral_timed_out

        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (deferral_timed_out(), deferral_failed()) as error:
            if isinstance(error, deferral_failed()):
                self._on_broken_trigger()
            self.wait = None
            return self._attempt(context, until=0.0)

    def _on_broken_trigger(self) -> None:
        """Called before the last attempt: with nothing to claim, the task must not pass."""

    def _wait_deferred(self, until: float, fruitless: int) -> None:
        """Give the worker back until something comes; return once time is up."""
        from redis_xcom.airflow.condition import CLAIMABLE

        if (left := until - time.time()) <= 0:
            return
        self.log.info(
            "Nothing to claim in queue %s, waiting for %s",
            ", ".join(self._names),
            timedelta(seconds=left),
        )
        rest = min(LONGEST_REST, 2.0**fruitless) if fruitless else 0.0
        again = {"until": until, "fruitless": fruitless + 1}
        self._defer_until(CLAIMABLE, until, kwargs=again, rest=rest)
