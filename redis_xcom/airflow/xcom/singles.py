"""Where what one consumer alone may have lies in Redis: a queue for each, see `Single`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis_xcom.airflow.connection import RedisServer
    from redis_xcom.airflow.xcom.coordinate import Coordinate
    from redis_xcom.single import Single

VALUES = "xcom-values"
"""What the keys of claimed XComs begin with."""

LONGEST_FRONT = 80


def get_single_server() -> RedisServer:
    """Look up the connection `[redis_xcom] xcom_conn_id`; only where a task runs."""
    from redis_xcom.airflow.compat import option
    from redis_xcom.airflow.connection import get_server

    return get_server(option("xcom_conn_id", "redis_default"))


@contextmanager
def open_single(
    server: RedisServer, name: str, *, prefix: str = VALUES, what: str | None = None
) -> Iterator[Single]:
    """Give a `Single` there, on a client that is closed in the end."""
    from redis_xcom.single import Single

    with closing(server.connect()) as client:
        yield Single(name, client=client, prefix=prefix, what=what, durability=server.durability)


def single_name(coordinate: Coordinate) -> str:
    """Return the name of an XCom's queue: readable in front, and what tells it apart."""
    from redis_xcom.airflow.identity import in_front

    whole = json.dumps([in_front(), *astuple(coordinate)])
    digest = hashlib.sha256(whole.encode()).hexdigest()[:32]
    words = f"{coordinate.dag_id}.{coordinate.task_id}.{coordinate.key}"
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", words)[:LONGEST_FRONT].lstrip("._-")
    return f"{plain}-{digest}" if plain else digest
