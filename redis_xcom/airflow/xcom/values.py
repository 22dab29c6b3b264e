"""Values in Redis itself, each under a key of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.compat import no_such_connection
from redis_xcom.airflow.xcom.place import Place, refused
from redis_xcom.blobs import Blobs, connect
from redis_xcom.errors import XComMissing

if TYPE_CHECKING:
    from redis import Redis

    from redis_xcom.durability import Replicated


class Values:
    """The values of one Airflow connection of the type `redis`."""

    def __init__(self, client: Redis | Any, durability: Replicated | None) -> None:
        self._client = client
        self._durability = durability

    @staticmethod
    def open(place: Place) -> Values:
        """Return what the place's connection leads to; it connects at the first command."""
        from redis_xcom.airflow.connection import get_server

        try:
            server = get_server(place.conn_id)
        except no_such_connection() as error:
            raise refused(
                str(place), f"there is no Airflow connection {place.conn_id!r}"
            ) from error
        return Values(connect(server.url, **server.options), server.durability)

    def write(self, place: Place, data: bytes, ttl: timedelta | None) -> None:
        if not self._blobs(place).put(place.path, data, ttl=ttl):
            raise FileExistsError

    def read(self, place: Place) -> bytes:
        data = self._blobs(place).get(place.path)
        if data is None:
            raise XComMissing(
                f"{place} is not there: its time is over, it was cleared away, or the server has "
                "evicted or lost it. Run its task again"
            )
        return data

    def remove(self, place: Place) -> bool:
        return self._blobs(place).delete(place.path)

    def look(self, place: Place) -> Iterator[tuple[Place, datetime | None, int]]:
        for name, size in self._blobs(place).list():
            yield place.at(name), None, size

    def _blobs(self, place: Place) -> Blobs:
        return Blobs(self._client, place.container, durability=self._durability)
