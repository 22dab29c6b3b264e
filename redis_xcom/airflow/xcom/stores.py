"""Stores of values: files, an object storage, Redis; all of them alike to whoever asks.

A value is written whole or not at all, and never changed; its name tells when it expires.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from redis_xcom.airflow.xcom.naming import read_name
from redis_xcom.airflow.xcom.place import FILES, LONGEST_PATH, REDIS, Place, refused
from redis_xcom.errors import BadArgument, StoreRefused


@dataclass(frozen=True)
class Listed:
    """An object that lies in a store.

    :param written: as the store says, or else its name.
    """

    uri: str
    written: datetime
    bytes: int


class Shelf(Protocol):
    """What a kind of store can do, by places; its errors are ours."""

    def write(self, place: Place, data: bytes, ttl: timedelta | None) -> None:
        """Put it there; `FileExistsError` where something lies already."""

    def read(self, place: Place) -> bytes:
        """Return what lies there; `XComMissing` where nothing does."""

    def remove(self, place: Place) -> bool:
        """Take it away; False where nothing was."""

    def look(self, place: Place) -> Iterator[tuple[Place, datetime | None, int]]:
        """Go through what lies below: where, since when, how many bytes."""


class Store:
    """One store; made by `store_at` and `store_of`.

    Every method raises `StoreUnavailable` when there is no answer within some fifteen seconds
    (of large values, when less than a megabyte a second moves), and `StoreRefused` when it has no
    permission, no bucket or no room.
    """

    def __init__(self, base: Place, shelf: Shelf) -> None:
        self._base = base
        self._shelf = shelf

    def put(self, name: str, data: bytes, *, ttl: timedelta | None) -> str:
        """Write a value whole, and return its uri; what is there already is not overwritten.

        :param name: from `object_name`.
        :param ttl: after which Redis drops it by itself, None for never. Elsewhere it lies until
            somebody clears it away, as its name tells.
        """
        place = self._base.at(name)
        uri = _checked(str(place))
        try:
            self._shelf.write(place, data, ttl)
        except FileExistsError:
            if self._shelf.read(place) != data:  # this call's own, where its reply was lost
                raise StoreRefused(f"{uri}: another value lies there, it was left alone") from None
        return uri

    def get(self, uri: str) -> bytes:
        """Return the bytes that lie there; raise `XComMissing` where nothing does."""
        return self._shelf.read(Place.read(_checked(uri)))

    def delete(self, uri: str) -> bool:
        """Remove it; False where it was gone already."""
        return self._shelf.remove(Place.read(_checked(uri)))

    def list(self) -> Iterator[Listed]:
        """Go through what lies here under names of ours, in no order, while others write."""
        for place, written, size in self._shelf.look(self._base):
            uri = str(place)
            if named := read_name(uri):
                yield Listed(uri, written or named.written, size)


def store_at(url: str) -> Store:
    """Return the store that a url names; its connections are shared within this process.

    :raises BadArgument: for a url that cannot be meant so, a connection that does not exist, a
        provider that is not installed.
    """
    place = Place.read(url)
    if place.scheme == REDIS and place.path:
        raise refused(url, f"a prefix is all there is: redis://{place.conn_id}@{place.container}")
    if len(place.path.encode()) > LONGEST_PATH:
        raise refused(url, f"its path is longer than {LONGEST_PATH} bytes")
    return Store(place, _shelf_of(place))


def store_of(uri: str) -> Store:
    """Return the store that an object lies in."""
    place = Place.read(_checked(uri))
    return Store(place, _shelf_of(place))


def _checked(uri: str) -> str:
    """A reference may be forged: nothing is touched that was not named by us."""
    if read_name(uri) is None:
        raise BadArgument(f"{uri!r} is no name that a value is stored under")
    return uri


_shelves: dict[tuple[int, str, str], Shelf] = {}
"""By process: no connection is shared with a process that this one was forked from."""


def _shelf_of(place: Place) -> Shelf:
    key = (os.getpid(), place.scheme, place.conn_id)
    if key not in _shelves:
        _shelves[key] = _open(place)
    return _shelves[key]


def _open(place: Place) -> Shelf:
    if place.scheme in FILES:
        from redis_xcom.airflow.xcom.files import Files

        return Files()
    if place.scheme == REDIS:
        from redis_xcom.airflow.xcom.values import Values

        return Values.open(place)
    from redis_xcom.airflow.xcom.objects import Objects

    return Objects.open(place)
