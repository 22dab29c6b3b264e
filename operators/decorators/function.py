"""What an operator needs that hands items to a function of the DAG author's."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.bases.decorator import DecoratedOperator
from airflow.sdk.definitions.context import KNOWN_CONTEXT_KEYS

from redis_xcom.errors import BadArgument

from ..claiming import ClaimingOperator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import ClassVar

    from airflow.sdk import Context

    Work = Callable[..., Any]

CLAIMED = "(what is claimed)"
"""Stands for the items in rendered fields: they are claimed later, and never shown there."""


class DecoratedClaimingOperator(DecoratedOperator, ClaimingOperator):
    """Base of the operators that a decorated function on claimed items becomes."""

    custom_operator_name: ClassVar[str]

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("queue_name") is not None and "queue" not in kwargs:
            # A mapped task: its workers are those of any other.
            kwargs["queue"] = (kwargs.get("default_args") or {}).get("queue", BaseOperator.queue)
        super().__init__(**kwargs)

    @classmethod
    def check(cls, function: Callable[..., Any]) -> list[str]:
        """Return the names of the function's parameters; raise `BadArgument` if it cannot work."""
        name = f"{cls.custom_operator_name}: {getattr(function, '__name__', 'the function')}"
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise BadArgument(f"{name} must be a plain function, neither async nor a generator")
        parameters = list(inspect.signature(function).parameters.values())
        by_name = {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
        if not parameters or parameters[0].kind in by_name:
            raise BadArgument(f"{name} needs a first parameter, for what is claimed")
        if parameters[0].name in KNOWN_CONTEXT_KEYS:
            raise BadArgument(
                f"{name} gets what is claimed as its first parameter: {parameters[0].name} is "
                "a name of Airflow's context"
            )
        return [parameter.name for parameter in parameters]


class FunctionOperator(DecoratedClaimingOperator):
    """Base of the operators whose task hands what it claims to a function.

    The function's first parameter gets the payload or payloads, the parameters named in `offered`
    get what they are named for. All others are filled as in any task: by the DAG author, also
    mapped or templated, or from the context.
    """

    offered: ClassVar[tuple[str, ...]] = ("claim",)
    template_fields: Sequence[str] = (
        *DecoratedOperator.template_fields,
        *ClaimingOperator.template_fields,
    )

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        first, *others = self.check(python_callable)
        given = dict(op_kwargs or {})
        if taken := sorted({first, *self.offered} & given.keys()):
            raise BadArgument(f"parameter {taken[0]} is filled from the queue: leave it out")
        self._first = first
        self._wished = [name for name in others if name in self.offered]
        super().__init__(
            python_callable=python_callable,
            # The signature is checked now: what the queue fills must have a value by then.
            op_args=(CLAIMED, *(op_args or ())),
            op_kwargs=given | dict.fromkeys(self._wished, CLAIMED),
            **kwargs,
        )

    def _work(self, context: Context) -> Work:
        """Return the function with all it gets but the items: `work(payload, claim=claim)`."""
        from redis_xcom.airflow.compat import fitting_kwargs

        own = {name: self.op_kwargs[name] for name in self.op_kwargs if name not in self._wished}
        fixed = fitting_kwargs(self.python_callable, self.op_args, {**context, **own})
        function, args = self.python_callable, tuple(self.op_args)[1:]
        first, wished = self._first, self._wished

        def work(payload: Any, **offered: Any) -> Any:
            wishes = {name: offered[name] for name in wished}
            return function(offered.get(first, payload), *args, **fixed, **wishes)

        return work
