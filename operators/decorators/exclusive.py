"""``@task.exclusive``: a function on other tasks' outputs that no other task gets."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.bases.decorator import DecoratedOperator, _TaskDecorator
from airflow.sdk.definitions.xcom_arg import XComArg

from redis_xcom.errors import AlreadyClaimed, BadArgument

from ..arguments import one_of
from ..ending import EndsAtOnce
from .decorator import decorate
from .unclaimed import Unclaimed, check, filled, unclaimed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from airflow.sdk import Context
    from airflow.sdk.bases.decorator import TaskDecorator

    from redis_xcom.airflow.xcom.coordinate import Coordinate

ON_CLAIMED = ("fail", "skip", "retry")


def exclusive_task(
    python_callable: Callable[..., Any] | None = None,
    multiple_outputs: bool | None = None,  # noqa: FBT001 - as Airflow calls every decorator
    **kwargs: Any,
) -> TaskDecorator:
    """Run a function on other tasks' outputs, each of which no other task gets.

    Each argument that is another task's output, also one key of it or one inside a list or dict,
    is claimed for this task before the function runs; other arguments are as in any task. See
    `claim_xcom` for what becomes of a claim: a retry has the same values, a task that succeeded
    keeps them, one that fails for good or is skipped gives them back. Rendered fields name the
    XComs and do not show their values.

    A list is claimed whole: map over other arguments, `partial(card=issue()).expand(till=[1, 2])`,
    and one of the mapped tasks has it.

    :param on_claimed: where another task has one of them, ``fail`` without another try, ``skip``,
        or ``retry``: fail as by any error, so that a later try has it if its holder has failed
        for good by then.
    """
    return decorate(
        ExclusiveTaskOperator,
        python_callable,
        multiple_outputs=multiple_outputs,
        kind=ExclusiveTask,
        **kwargs,
    )


class ExclusiveTask(_TaskDecorator):  # type: ignore[type-arg]
    """A decorated function, whose outputs of others are checked when its DAG is parsed."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not any(True for _ in XComArg.iter_xcom_references([*args, *kwargs.values()])):
            raise BadArgument("@task.exclusive is given no output of another task: use @task")
        return super().__call__(*args, **kwargs)

    def _expand(self, expand_input: Any, *, strict: bool) -> Any:
        if any(True for _ in expand_input.iter_references()):
            raise BadArgument(
                "@task.exclusive cannot be mapped over another task's output: each mapped task "
                "has an element of its own anyway. Give it by partial(…) to claim it whole"
            )
        return super()._expand(expand_input, strict=strict)


class ExclusiveTaskOperator(EndsAtOnce, DecoratedOperator):
    """The operator behind `exclusive_task`, which has its arguments."""

    custom_operator_name: ClassVar[str] = "@task.exclusive"

    def __init__(self, *, on_claimed: str = "fail", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_claimed = one_of(on_claimed, "on_claimed", ON_CLAIMED)
        for arg in _xcom_args([*self.op_args, *self.op_kwargs.values()]):
            check(arg)

    @classmethod
    def check(cls, function: Callable[..., Any]) -> None:
        """Raise `BadArgument` for a function that cannot work."""
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise BadArgument(
                f"{cls.custom_operator_name}: {function.__name__} must be a plain function, "
                "neither async nor a generator"
            )

    def render_template(self, content: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave other tasks' outputs unread: they are claimed by `execute`."""
        if isinstance(content, XComArg):
            return Unclaimed(content)
        return super().render_template(content, *args, **kwargs)

    def execute(self, context: Context) -> Any:
        """Claim, run the function, and return its value."""
        from redis_xcom.airflow.compat import fitting_kwargs

        values = self._claimed(context)
        args, given = filled(list(self.op_args), values), filled(dict(self.op_kwargs), values)
        named = fitting_kwargs(self.python_callable, args, {**context, **given})
        return self._handle_output(return_value=self.python_callable(*args, **named))

    def _claimed(self, context: Context) -> dict[Unclaimed, Any]:
        """Claim each XCom once, in the same order in all tasks: of two that want both, one wins."""
        wanted: dict[Coordinate, list[Unclaimed]] = {}
        for one in unclaimed([*self.op_args, *self.op_kwargs.values()]):
            wanted.setdefault(one.coordinate(context), []).append(one)
        values: dict[Unclaimed, Any] = {}
        for coordinate in sorted(wanted, key=str):
            value = self._claim(coordinate, context)
            values |= dict.fromkeys(wanted[coordinate], value)
        return values

    def _claim(self, coordinate: Coordinate, context: Context) -> Any:
        from redis_xcom.airflow.xcom.claimed import Consumer, Exclusive

        try:
            return Exclusive(coordinate, Consumer.of(context["ti"])).claim()
        except AlreadyClaimed as error:
            self._end(error)

    def _end(self, error: AlreadyClaimed) -> NoReturn:
        from redis_xcom.airflow.compat import fail_for_good, skip

        if self.on_claimed == "retry":
            raise error
        end = skip if self.on_claimed == "skip" else fail_for_good
        raise end(str(error)) from error


def _xcom_args(value: Any) -> list[XComArg]:
    if isinstance(value, XComArg):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple, set)):
        return [arg for part in value for arg in _xcom_args(part)]
    return []
