"""Values in an object storage, through the file systems that Airflow's providers bring."""

from __future__ import annotations

import errno
import inspect
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from redis_xcom.airflow.bounded import within_seconds
from redis_xcom.airflow.compat import no_such_connection
from redis_xcom.airflow.xcom.calls import Calls
from redis_xcom.airflow.xcom.place import REMEDY, Place, refused
from redis_xcom.airflow.xcom.troubles import in_our_words, kind_of
from redis_xcom.errors import (
    RedisXComError,
    StoreError,
    StoreRefused,
    StoreUnavailable,
    XComMissing,
)

PACKAGES = {
    "s3": "apache-airflow-providers-amazon[s3fs]",
    "gs": "apache-airflow-providers-google and gcsfs",
    "gcs": "apache-airflow-providers-google and gcsfs",
    "abfs": "apache-airflow-providers-microsoft-azure and adlfs",
}
LONGEST_OPENING = 10.0
LONGEST_LISTING = 3600.0
WRITTEN = ("LastModified", "updated", "last_modified", "mtime")
"""What file systems call the moment at which an object was written."""


class Objects:
    """The objects that one Airflow connection leads to."""

    def __init__(self, fs: Any) -> None:
        self._fs = fs
        self._calls = Calls(fs)
        self._once: dict[str, Any] = {"mode": "create"} if _takes(fs, "pipe_file", "mode") else {}
        # s3fs, which else asks for the size first and copies large values twice.
        at_once = "s3" in fs.protocol and _takes(fs, "cat_file", "max_concurrency")
        self._whole: dict[str, Any] = {"max_concurrency": 1} if at_once else {}

    @staticmethod
    def open(place: Place) -> Objects:
        """Return what the place's connection leads to, looked up outside of any event loop."""
        made: Future[Any] = Future()

        def make() -> None:
            try:
                made.set_result(_file_system(place))
            except BaseException as error:  # noqa: BLE001 (told to the caller)
                made.set_exception(error)

        if not within_seconds(LONGEST_OPENING, make):
            raise StoreUnavailable(f"{place}: its connection took over {LONGEST_OPENING:g} s")
        return Objects(made.result())

    def write(self, place: Place, data: bytes, ttl: timedelta | None) -> None:  # noqa: ARG002
        with self._told(place):
            try:
                self._put(place, data)
            except OSError as error:
                if error.errno != errno.ENOSYS or not self._once:
                    raise
                self._once = {}  # a storage that cannot look whether the name is taken
                self._put(place, data)

    def read(self, place: Place) -> bytes:
        with self._told(place):
            data: bytes = self._calls.do("cat_file", _path(place), **self._whole)
        return data

    def remove(self, place: Place) -> bool:
        try:
            with self._told(place):
                self._fs.invalidate_cache()
                self._calls.do("info", _path(place))
                self._calls.do("rm_file", _path(place))
        except XComMissing:
            return False
        return True

    def look(self, place: Place) -> Iterator[tuple[Place, datetime | None, int]]:
        """Go through one DAG's objects after another: so many are in memory at a time."""
        top = _path(place)
        for found in self._listed(place, "ls", top):
            inside = found["type"] == "directory"
            for told in self._listed(place, "find", found["name"]) if inside else [found]:
                name = told["name"].lstrip("/").removeprefix(f"{top}/")
                yield place.at(name), _written(told), int(told["size"] or 0)

    def _put(self, place: Place, data: bytes) -> None:
        self._calls.do("pipe_file", _path(place), data, size=len(data), **self._once)

    @contextmanager
    def _told(self, place: Place) -> Iterator[None]:
        try:
            yield
        except (RedisXComError, FileExistsError):
            raise
        except FileNotFoundError as error:
            raise self._missing(place) from error
        except Exception as error:
            raise in_our_words(error, place) from error

    def _missing(self, place: Place) -> StoreError | XComMissing:
        """Say whether it is the object that is missing, or the whole bucket."""
        try:
            self._calls.do("info", place.container)
        except FileNotFoundError:
            return StoreRefused(
                f"{place}: there is no bucket {place.container!r}: create it, or {REMEDY}"
            )
        except Exception as error:  # noqa: BLE001 (told where it says that nobody answers)
            if kind_of(error) is StoreUnavailable:
                return in_our_words(error, place)
        return XComMissing(
            f"{place} is not there: it was cleared away, or the bucket's lifecycle has ended it. "
            "Run its task again"
        )

    def _listed(self, place: Place, method: str, path: str) -> list[dict[str, Any]]:
        """Return what lies there as the storage has it now, and remember none of it."""
        self._fs.invalidate_cache()
        try:
            with self._told(place):
                found = self._calls.do(method, path, detail=True, least=LONGEST_LISTING)
        except XComMissing:
            return []
        finally:
            self._fs.invalidate_cache()
        return list(found.values() if isinstance(found, dict) else found)


def _takes(fs: Any, method: str, parameter: str) -> bool:
    """Whether what `Calls` calls has such a parameter."""
    called = getattr(fs, f"_{method}" if fs.async_impl else method)
    return parameter in inspect.signature(called).parameters


def _path(place: Place) -> str:
    return f"{place.container}/{place.path}".rstrip("/")


def _file_system(place: Place) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.io import get_fs

    try:
        if place.conn_id:
            Connection.get(place.conn_id)  # some providers go on without, as nobody
        return get_fs(place.scheme, place.conn_id or None)
    except no_such_connection() as error:
        raise refused(str(place), f"there is no Airflow connection {place.conn_id!r}") from error
    except (ImportError, ValueError) as error:  # ValueError: no provider brings the scheme
        package = PACKAGES.get(place.scheme, f"the provider for {place.scheme}://")
        raise refused(str(place), f"{error}: install {package} on every worker") from error


def _written(told: dict[str, Any]) -> datetime | None:
    moment = next((told[name] for name in WRITTEN if told.get(name)), None)
    if isinstance(moment, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return moment if isinstance(moment, datetime) and moment.tzinfo else None
