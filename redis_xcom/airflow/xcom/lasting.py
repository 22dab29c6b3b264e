"""Keys of claimed XComs and of handles that stay for ever, and for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.compat import option
from redis_xcom.airflow.connection import get_server
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.handed import PREFIX as HANDLES
from redis_xcom.airflow.xcom.rows import is_run
from redis_xcom.airflow.xcom.settings import NEVER, Settings, default_ttl
from redis_xcom.airflow.xcom.singles import VALUES, single_name
from redis_xcom.endless import endless_keys, let_end
from redis_xcom.errors import RedisXComError
from redis_xcom.single import Single

if TYPE_CHECKING:
    from redis import Redis


class Lasting:
    """The keys that have no TTL although they should.

    A handle always has one. So has the claim of an XCom, unless the XCom never expires: then it
    lasts as long as the run.
    """

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
            yield client, _keys(client)


def _keys(client: Redis) -> Iterator[bytes]:
    yield from endless_keys(client, HANDLES)

    @lru_cache(maxsize=1000)
    def is_wanted(name: str) -> bool:
        return _is_wanted(Single(name, client=client, prefix=VALUES))

    for key in endless_keys(client, VALUES):
        _, _, rest = key.decode(errors="replace").partition(":{")
        if not is_wanted(rest.rpartition("}:")[0]):
            yield key


def _is_wanted(single: Single) -> bool:
    """Whether its run is there, or it is another Airflow's, which sees to it itself."""
    try:
        told: Any = single.look()
        coordinate = Coordinate(**told)
        ours = single_name(coordinate) == single.name
    except (TypeError, RedisXComError):  # nothing there, or nothing that was ever claimed
        return False
    return not ours or is_run(coordinate.dag_id, coordinate.run_id)
