"""What stands for an XCom in a task's arguments until the task has claimed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context

    from redis_xcom.airflow.xcom.coordinate import Coordinate


class Unclaimed:
    """Another task's output that is not read yet; rendered fields show which one."""

    def __init__(self, arg: Any) -> None:
        check(arg)
        self.arg = arg

    def __str__(self) -> str:
        task = self.arg.operator
        return f"(XCom {self.arg.key!r} of {task.dag_id}.{task.task_id}, claimed when it runs)"

    __repr__ = __str__

    def coordinate(self, context: Context) -> Coordinate:
        """Return which XCom of this task's run it is."""
        from redis_xcom.airflow.xcom.chosen import choose

        (chosen,) = choose({"it": self.arg}, context["ti"]).values()
        if chosen.every:
            raise BadArgument(_several(self.arg.operator.task_id))
        return chosen.coordinate


def check(arg: Any) -> None:
    """Raise `BadArgument` unless it is a single XCom."""
    if not hasattr(arg, "operator"):
        raise BadArgument(
            f"{arg!r} is made of XComs by map, zip or concat: one is claimed as its task pushed it"
        )
    if arg.operator.is_mapped:
        raise BadArgument(_several(arg.operator.task_id))


def unclaimed(value: Any) -> Iterator[Unclaimed]:
    """Yield all that stand in an argument, in lists and dicts, too."""
    if isinstance(value, Unclaimed):
        yield value
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from unclaimed(part)
    elif isinstance(value, dict):
        yield from unclaimed(list(value.values()))


def filled(value: Any, values: dict[Unclaimed, Any]) -> Any:
    """Return the argument with what was claimed in the place of what stood for it."""
    if isinstance(value, Unclaimed):
        return values[value]
    if isinstance(value, dict):
        return {name: filled(part, values) for name, part in value.items()}
    if type(value) in {list, tuple, set}:
        return type(value)(filled(part, values) for part in value)
    return value


def _several(task_id: str) -> str:
    return (
        f"task {task_id} is mapped and pushes an XCom for each map index: claim one of them, "
        f"claim_xcom(task_ids={task_id!r}, map_index=…)"
    )
