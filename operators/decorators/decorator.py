"""The decorator itself: from a function to its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

import attr
from airflow.sdk.bases.decorator import _TaskDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk.bases.decorator import TaskDecorator


class QueueTask(_TaskDecorator):  # type: ignore[type-arg]
    """A decorated function.

    Airflow takes the ``queue`` of a mapped task for the workers' one; ours goes another way.
    """

    def __attrs_post_init__(self) -> None:
        several = self.kwargs.get("queue")
        if isinstance(several, (list, tuple)):
            # To Airflow's check `queue` is a single name.
            del self.kwargs["queue"]
        super().__attrs_post_init__()  # type: ignore[no-untyped-call]
        if isinstance(several, (list, tuple)):
            self.kwargs["queue"] = several

    def _expand(self, *args: Any, **kwargs: Any) -> Any:
        words = dict(self.kwargs)
        if "queue" in words and "queue_name" not in words:
            words["queue_name"] = words.pop("queue")
        return super(QueueTask, attr.evolve(self, kwargs=words))._expand(*args, **kwargs)


class Checking(Protocol):
    """An operator that knows which functions it can run."""

    @classmethod
    def check(cls, function: Callable[..., Any]) -> object: ...


def decorate(
    operator: type[Checking],
    function: Callable[..., Any] | None,
    *,
    multiple_outputs: bool | None,
    kind: Callable[..., Any] = QueueTask,
    **kwargs: Any,
) -> TaskDecorator:
    """Return the task of a function, or what makes a task of the function it is given."""
    outputs: Any = attr.NOTHING if multiple_outputs is None else multiple_outputs

    def task(function: Callable[..., Any]) -> Any:
        operator.check(function)
        return kind(function, operator, multiple_outputs=outputs, kwargs=kwargs)

    return cast("TaskDecorator", task if function is None else task(function))
