"""Which XComs of its own run a task hands on: chosen by name, never loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.audience import check
from redis_xcom.airflow.xcom.coordinate import RETURN_VALUE, Coordinate, raw
from redis_xcom.airflow.xcom.reading import value_of
from redis_xcom.airflow.xcom.reference import Reference
from redis_xcom.errors import BadArgument, XComMissing
from redis_xcom.wording import shown

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.reader import Reader

FORMS = "give another task's output, its id, or its id and a key"


@dataclass(frozen=True, repr=False)
class Chosen:
    """An XCom, or one that each instance of a mapped task has pushed.

    :param every: whether all map indexes are meant, in whose order the values then come.
    """

    coordinate: Coordinate
    every: bool = False

    def __repr__(self) -> str:
        return f"{self.coordinate}{', of every map index' if self.every else ''}"

    def rows(self) -> list[Any]:
        """Return what Airflow keeps there; in a task only.

        :raises XComMissing: when there is nothing.
        """
        rows = _all_rows(self.coordinate) if self.every else [raw(self.coordinate)]
        if not rows:
            raise XComMissing(f"{self} is not there: its tasks have not pushed it, or are cleared")
        return rows

    def check(self) -> None:
        """Raise `NotForYou` unless this task may have it, `XComMissing` where there is nothing."""
        for row in self.rows():
            reference = Reference.read(row)
            if reference is not None and reference.to:
                check(reference.to, str(self), reference.dag_id)

    def load(self, reader: Reader | None) -> Any:
        """Return the value, or the list of all, on behalf of the task that has chosen it."""
        values = [value_of(row, reader=reader) for row in self.rows()]
        return values if self.every else values[0]


def choose(given: object, ti: Any) -> dict[str, Chosen]:
    """Return what is meant, by the name that it is handed on under.

    :param given: by name, or in a list, another task's output, its id for its return value, or
        its id and a key. In a list its name is its key, or the task's id for a return value.
    :param ti: the task instance that hands on: the others are of its run.
    :raises BadArgument: for anything else, for a task that the DAG does not have, for nothing at
        all, and where two have the same name.
    """
    if isinstance(given, Mapping):
        chosen = {str(name): _chosen(one, ti) for name, one in given.items()}
    else:
        several = list(given) if isinstance(given, (list, tuple)) else [given]
        found = [_chosen(one, ti) for one in several]
        chosen = {_name(one): one for one in found}
        if len(chosen) < len(found):
            raise BadArgument("xcoms has two of one name: give {name: …}")
    if not chosen:
        raise BadArgument("xcoms is empty: name what is to be handed on")
    return chosen


def _chosen(one: object, ti: Any) -> Chosen:
    operator, key = _operator_and_key(one, ti)
    index = _map_index(operator, ti)
    where = (operator.dag_id, ti.run_id, operator.task_id)
    return Chosen(Coordinate(*where, -1 if index is None else index, key), every=index is None)


def _operator_and_key(one: object, ti: Any) -> tuple[Any, str]:
    operator, key = getattr(one, "operator", None), getattr(one, "key", None)
    if operator is not None and isinstance(key, str):
        return operator, key
    task_id, key = (one, RETURN_VALUE) if isinstance(one, str) else _pair(one)
    dag = ti.task.dag
    if task_id not in dag.task_dict:
        raise BadArgument(f"xcoms names {shown(task_id)}: DAG {dag.dag_id} has no such task")
    return dag.task_dict[task_id], key


def _pair(one: object) -> tuple[str, str]:
    if isinstance(one, (list, tuple)) and [type(part) for part in one] == [str, str]:
        return one[0], one[1]
    raise BadArgument(f"xcoms holds a {type(one).__name__}: {FORMS}")


def _map_index(operator: Any, ti: Any) -> int | None:
    """Return which instance is meant, None for every one."""
    if operator.is_mapped:
        return None
    group = operator.get_closest_mapped_task_group()
    if group is None:
        return -1
    own = ti.task.get_closest_mapped_task_group()
    return int(ti.map_index) if own is not None and own.group_id == group.group_id else None


def _name(chosen: Chosen) -> str:
    key = chosen.coordinate.key
    return chosen.coordinate.task_id if key == RETURN_VALUE else key


def _all_rows(coordinate: Coordinate) -> list[Any]:
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import GetXComSequenceSlice

    wanted = GetXComSequenceSlice(
        key=coordinate.key,
        dag_id=coordinate.dag_id,
        run_id=coordinate.run_id,
        task_id=coordinate.task_id,
        start=None,
        stop=None,
        step=None,
    )
    answer: Any = task_runner.SUPERVISOR_COMMS.send(wanted)
    return list(answer.root)
