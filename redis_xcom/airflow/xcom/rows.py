"""What the rows of Airflow's metadata database say about objects; for where `airflow db` runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from redis_xcom.airflow.xcom.reference import NAME
from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAGE = 1_000
ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def object_id(uri: str) -> str:
    """What no other object has in its name."""
    return uri.rpartition("/")[2].partition(".")[0]


def mentioned_ids() -> Iterator[str]:
    """Whatever may be the id of an object in a row that holds a reference; a page at a time.

    It is looked for in the row's text, however the reference is wrapped or its uri is spelt: more
    than is referred to does no harm.
    """
    for text in _texts():
        yield from ID.findall(text)


def is_run(dag_id: str, run_id: str) -> bool:
    """Whether there is such a run of such a DAG."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    query = select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    with _session() as session:
        return session.scalar(query) is not None


def _texts() -> Iterator[str]:
    from airflow.models.xcom import XComModel
    from sqlalchemy import String, cast, select

    text = cast(XComModel.value, String)
    query = select(text).where(text.contains(NAME, autoescape=True))
    with _session() as session:
        yield from session.scalars(query.execution_options(yield_per=PAGE))


@contextmanager
def _session() -> Iterator[Session]:
    from airflow.utils.session import create_session
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            yield session
    except SQLAlchemyError as error:
        raise RedisXComError(
            f"Airflow's metadata database cannot be read: {_words(error)}. Run this where "
            "`airflow db check` succeeds"
        ) from error


def _words(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
