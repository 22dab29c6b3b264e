"""Whom a value is aimed at.

An addressee is matched as a whole, in the case it is written in. `*`, `?`, `[ab]` and `[!ab]` stand
for any characters, one, one of these, one but these.

    load            the task `load` of the sender's own DAG
    clean.load      there, the task `load` of the group `clean`; and `load` of a DAG named `clean`
    clean.*         there, all tasks of that group; and all of such a DAG
    sales.load      the task `load` of the DAG `sales`
    sales_*.load    of each DAG with such a name
    *               all tasks of the sender's own DAG

Which of its dots parts DAG from task is left open, for both may have dots. A part of mere `*` and
`?` is no name of a DAG: `*.load` leads to the groups of the own DAG alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from redis_xcom.airflow.xcom.reader import current_reader
from redis_xcom.errors import BadArgument, NotForYou
from redis_xcom.wording import shown

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.reader import Reader

ADDRESSEE = re.compile(r"[\w.*?!\[\]-]+")
LONGEST = 512
MOST = 256


def addressees(to: object) -> tuple[str, ...]:
    """Return them as they may be pushed; raise `BadArgument` where nobody can be meant.

    :param to: one addressee, or several.
    """
    if isinstance(to, str):
        to = (to,)
    if not isinstance(to, Iterable):
        raise BadArgument(f"to= is {shown(to)}, not task ids")
    named = tuple(map(_addressee, to))
    if not 0 < len(named) <= MOST:
        raise BadArgument(f"to= names {len(named)} addressees, not 1 to {MOST}")
    return named


def check(to: Iterable[str], of: str, sender: str, reader: Reader | None = None) -> None:
    """Let the task of this process have the value, or raise `NotForYou`; so where none is known.

    :param of: the value's XCom, in words.
    :param sender: the DAG whose task has pushed it.
    :param reader: another task, on whose behalf it is read.
    """
    to, reader = tuple(to), reader or current_reader()
    if reader is not None and is_named(reader, to, sender):
        return
    who = reader or "a process that is no known task"
    raise NotForYou(
        f"{of} is aimed at {', '.join(to) or 'nobody'}: not for {who}. A task that shall have it "
        f"must be named in to= where the value is pushed"
    )


def is_named(reader: Reader, to: Iterable[str], sender: str) -> bool:
    """Whether any addressee means this task."""
    return any(_means(addressee, reader, sender) for addressee in to)


def _means(addressee: str, reader: Reader, sender: str) -> bool:
    if reader.dag_id == sender and fnmatchcase(reader.task_id, addressee):
        return True
    return any(
        fnmatchcase(reader.dag_id, dag) and fnmatchcase(reader.task_id, task)
        for dag, task in _as_dag_and_task(addressee)
    )


def _as_dag_and_task(addressee: str) -> Iterator[tuple[str, str]]:
    for dot in re.finditer(r"\.", addressee):
        dag, task = addressee[: dot.start()], addressee[dot.end() :]
        if dag.strip("*?."):
            yield dag, task


def _addressee(given: object) -> str:
    if isinstance(given, str) and len(given) <= LONGEST and ADDRESSEE.fullmatch(given):
        return given
    raise BadArgument(
        f"to= has {shown(given)}: an addressee is a task id or dag.task, of letters, digits and "
        f"._-, with * ? [] for others, {LONGEST} characters at most"
    )
