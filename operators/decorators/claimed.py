"""``@task.claimed``: a function on items that another task has claimed for it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.decorator import DecoratedOperator

from redis_xcom.errors import BadArgument

from ..handles import ITEM, ITEMS, are_handles, read_handles
from ..taking import one_claim, take_over
from .decorator import decorate
from .function import CLAIMED, DecoratedClaimingOperator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import ClassVar

    from airflow.sdk import Context
    from airflow.sdk.bases.decorator import TaskDecorator

    from redis_xcom import Queue

    from ..handles import Handle
    from ..taking import Taken

OF_RUN = "(what the run was started for)"
"""Stands in rendered fields for the handles in the run's conf."""

OF_HANDLE = "(the handle's)"
"""Stands for the queue's name until the handle says it."""


def claimed_task(
    python_callable: Callable[..., Any] | None = None,
    multiple_outputs: bool | None = None,  # noqa: FBT001 - as Airflow calls every decorator
    **kwargs: Any,
) -> TaskDecorator:
    """Run a function on items that were claimed for it.

    Each argument that is a handle, of ``ClaimFromQueueOperator(returns="handles")``, is replaced
    by its payload, a list of handles by a list of payloads; other arguments are as in any task. A
    first parameter that is given nothing gets what `TriggerDagRunPerItemOperator` has started the
    run for. A parameter named ``claim`` gets the `Claim`, as in ``@task.claim``.

    The items belong to this task from its start on: acknowledged once it has succeeded, kept for
    its retries, back in their queue when it fails for good or is skipped. Until it starts they
    belong to the run. Where they are not held any more by then, it fails without another try and
    without calling the function.

    :param lease: how long, as timedelta or in seconds, the items stay with a task that is not
        heard of. A running one renews it. (templated)
    :param max_deliveries: after so many deliveries without an acknowledgement an item goes to
        the dead letters; None for never.
    """
    names = {"queue_name": OF_HANDLE} | kwargs
    return decorate(
        ClaimedTaskOperator, python_callable, multiple_outputs=multiple_outputs, **names
    )


class ClaimedTaskOperator(DecoratedClaimingOperator):
    """The operator behind `claimed_task`, which has its arguments."""

    custom_operator_name: ClassVar[str] = "@task.claimed"
    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, "lease")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        first, *others = self.check(python_callable)
        args, given = tuple(op_args or ()), dict(op_kwargs or {})
        self._is_for_run = not args and first not in given
        self._wishes = {"claim"}.intersection(others).difference(given)
        super().__init__(
            python_callable=python_callable,
            op_args=(OF_RUN,) if self._is_for_run else args,
            op_kwargs=given | dict.fromkeys(self._wishes, CLAIMED),
            **kwargs,
        )

    def execute(self, context: Context) -> Any:
        """Take over, run the function, leave the claim to the listener, and return the value."""
        ti: Any = context["ti"]
        args, named = self._arguments(context)
        values = [value for value in (*args, *named.values()) if are_handles(value)]
        handles = one_claim(read_handles(values))
        handles[0].show_on(self)
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        with ExitStack() as here:
            here.callback(client.close)
            taken = self._take_over(queue, handles, ti)
            self._hold(client, taken.claim, ti, handed=True)
            here.pop_all()
        value = self._worked(taken, args, named)
        self._mark(taken.claim, ti, returns=value is not None)
        return self._handle_output(return_value=value)

    def _arguments(self, context: Context) -> tuple[Collection[Any], Mapping[str, Any]]:
        from redis_xcom.airflow.compat import fitting_kwargs

        given = {name: self.op_kwargs[name] for name in self.op_kwargs if name not in self._wishes}
        named = fitting_kwargs(self.python_callable, self.op_args, {**context, **given})
        return ((_of_run(context),) if self._is_for_run else self.op_args), named

    def _take_over(self, queue: Queue, handles: Sequence[Handle], ti: Any) -> Taken:
        from redis_xcom.airflow.compat import try_id
        from redis_xcom.airflow.identity import owner

        taken = take_over(
            queue,
            handles,
            claim_id=self._claim_id(ti),
            incarnation=try_id(ti),
            lease=self._lease(),
            owner=owner(ti),
        )
        self._log_claim(taken.claim)
        return taken

    def _worked(self, taken: Taken, args: Collection[Any], named: Mapping[str, Any]) -> Any:
        def filled(value: Any) -> Any:
            return taken.filled(value) if are_handles(value) else value

        every = {name: filled(value) for name, value in named.items()}
        every |= dict.fromkeys(self._wishes, taken.claim)
        value = self.python_callable(*map(filled, args), **every)
        # A claim that was lost by now must not be told to have succeeded.
        taken.claim.renew()
        taken.claim.check()
        return value


def _of_run(context: Context) -> Any:
    """Return the handles that the run was started with."""
    dag_run: Any = context["dag_run"]
    conf = dag_run.conf or {}
    found = conf.get(ITEM, conf.get(ITEMS))
    if not are_handles(found):
        raise BadArgument(
            f"the run's conf has no handle as {ITEM} or {ITEMS}: start it by "
            "TriggerDagRunPerItemOperator, or give the first parameter a handle"
        )
    return found
