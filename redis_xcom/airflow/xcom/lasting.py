"""Keys of claims and handles that have lost their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from redis_xcom.airflow.compat import option
from redis_xcom.airflow.connection import get_server
from redis_xcom.airflow.xcom.settings import NEVER, Settings, default_ttl
from redis_xcom.endless import endless_keys, let_end

if TYPE_CHECKING:
    from redis import Redis

PREFIXES = ("xcom-handles", "xcom-values")


class Lasting:
    """Every such key is made with an end: what has none was restored, or touched by hand."""

    def __init__(self) -> None:
        self.conn_id = option("xcom_conn_id", "redis_default")

    def count(self) -> int:
        """How many there are."""
        with self._keys() as (_, keys):
            return sum(1 for _ in keys)

    def end(self) -> int:
        """Let each end after as long as an XCom is kept; how many there were."""
        ttl = default_ttl()
        ttl = Settings.ttl if ttl == NEVER else ttl
        with self._keys() as (client, keys):
            return sum(let_end(client, key, ttl) for key in keys)

    @contextmanager
    def _keys(self) -> Iterator[tuple[Redis, Iterator[bytes]]]:
        server = get_server(self.conn_id)
        with closing(server.connect()) as client:
            yield client, (key for prefix in PREFIXES for key in endless_keys(client, prefix))
