"""``@task.claim``: claim, run the function, ack or release, in one task."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import RedisXComError

from ..arguments import one_of
from ..claiming import ON_EMPTY
from .blame import is_failure, reason_of
from .decorator import decorate
from .function import FunctionOperator

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context
    from airflow.sdk.bases.decorator import TaskDecorator

    from redis_xcom import Claim

    from .function import Work

ON_ERROR = ("release", "keep")


def claim_task(
    python_callable: Callable[..., Any] | None = None,
    multiple_outputs: bool | None = None,  # noqa: FBT001 - as Airflow calls every decorator
    **kwargs: Any,
) -> TaskDecorator:
    """Run a function on items of a queue, which are its own until it returns.

    The function's first parameter gets a list of up to ``limit`` payloads or, without ``limit``,
    a single payload. A parameter named ``claim`` gets the `Claim`: its ``generation`` to fence
    what the function writes, ``claim.reject(item, reason=…)`` to settle an item by itself,
    ``claim.check()`` to learn of its loss.

    The items are acknowledged once the task has succeeded, as in `ClaimFromQueueOperator`. Where
    the function raises they go back at once, a failure counted and its reason kept, and Airflow's
    retry claims anew. A skipped or ended task gives them back without a failure; a deferred one
    keeps them. A worker that dies leaves them to the retry. A claim that is lost on the way fails
    the task and acknowledges nothing.

    :param queue: name of the queue, or of several, the most urgent one first. (templated)
    :param limit: how many items to claim at most, as a list; None for one, by itself. (templated)
    :param on_empty: with nothing to claim, ``skip`` the task, ``fail`` it, or ``return`` None
        without calling the function.
    :param on_error: where the function raises, ``release`` the items to whoever claims next, or
        ``keep`` them for the retry of this task.
    :param lease: see `ClaimFromQueueOperator`, as for ``wait``, ``max_deliveries`` and
        ``redis_conn_id``. Every other argument is Airflow's own.
    """
    return decorate(ClaimTaskOperator, python_callable, multiple_outputs=multiple_outputs, **kwargs)


class ClaimTaskOperator(FunctionOperator):
    """The operator behind `claim_task`, which has its arguments."""

    custom_operator_name = "@task.claim"

    def __init__(
        self,
        *,
        limit: int | str | None = None,
        on_empty: str = "skip",
        on_error: str = "release",
        **kwargs: Any,
    ) -> None:
        super().__init__(limit=1 if limit is None else limit, **kwargs)
        self.on_empty = one_of(on_empty, "on_empty", ON_EMPTY)
        self.on_error = one_of(on_error, "on_error", ON_ERROR)
        self._single = limit is None

    def execute(self, context: Context) -> Any:
        """Claim, run the function, leave the claim to the listener, and return the value."""
        ti: Any = context["ti"]
        work = self._work(context)
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        with ExitStack() as here:
            here.callback(client.close)
            claim = self._claim(queue, ti)
            if not claim:
                self._tell_nothing(claim, self.on_empty)
                return None
            try:
                value = self._worked(work, claim)
            except BaseException as error:
                if claim.held and self._is_kept(error):
                    self._hold(client, claim, ti)
                    here.pop_all()
                else:
                    self._let_go(claim, error)
                raise
            if claim.held:
                self._hold(client, claim, ti)
                here.pop_all()
                self._mark(claim, ti, returns=value is not None)
        return self._handle_output(return_value=value)

    def _worked(self, work: Work, claim: Claim) -> Any:
        claim.keep_alive()
        value = work(claim.payloads[0] if self._single else claim.payloads, claim=claim)
        # A claim that was lost by now must not be told to have succeeded.
        claim.renew()
        claim.check()
        return value

    def _is_kept(self, error: BaseException) -> bool:
        return self.on_error == "keep" and is_failure(error)

    def _let_go(self, claim: Claim, error: BaseException) -> None:
        """Release the claim, or leave it to a deferred task; the error under way goes first."""
        from redis_xcom.airflow.compat import is_deferral
        from redis_xcom.airflow.mention import mention

        claim.stop_keep_alive()
        try:
            if is_deferral(error):
                claim.extend()
                return
            claim.release(reason=reason_of(error), failed=is_failure(error))
            released = mention(claim.holder.scripts.keys.name, claim, len(claim))
            self.log.info("Released: %s, after %s", released, type(error).__name__)
        except RedisXComError as second:
            self.log.warning("Not released, the items come back by themselves: %s", second)
