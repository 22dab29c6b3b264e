"""Values in files of a folder that all workers share."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO

from redis_xcom.airflow.xcom.naming import UNFINISHED
from redis_xcom.airflow.xcom.place import Place
from redis_xcom.errors import StoreError, StoreRefused, StoreUnavailable, XComMissing

TRIES = 10
OWN_FOLDERS = 4
SAID_NO = {
    errno.EACCES: "this user may not: give it the folder, or give the tasks its group",
    errno.EPERM: "this user may not: give it the folder, or give the tasks its group",
    errno.EROFS: "the file system takes no writes: mount it for writing",
    errno.ENOSPC: "no room is left: make some, or run redis-xcom gc",
    errno.EDQUOT: "the quota is used up: raise it, or run redis-xcom gc",
    errno.EFBIG: "the file is too large for the file system",
    errno.ENAMETOOLONG: "the file system takes no name so long: choose a shorter folder",
    errno.ENOTDIR: "a file lies where a folder should be",
    errno.EISDIR: "a folder lies where the value should be",
}
SILENT = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOTCONN}


class Files:
    """Each value is a file, there as soon as it is whole."""

    def write(self, place: Place, data: bytes, ttl: timedelta | None) -> None:  # noqa: ARG002
        path = _path(place)
        unfinished = path.with_name(path.name + UNFINISHED)
        with _told(place):
            file = _new(unfinished)
            try:
                with file:
                    file.write(data)
                _rename(unfinished, path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def read(self, place: Place) -> bytes:
        with _told(place), _path(place).open("rb") as file:
            return file.read()

    def remove(self, place: Place) -> bool:
        path = _path(place)
        try:
            with _told(place):
                path.unlink()
        except XComMissing:
            return False
        with suppress(OSError):  # not empty, or somebody else has done it
            for folder in list(path.parents)[:OWN_FOLDERS]:
                folder.rmdir()
        return True

    def look(self, place: Place) -> Iterator[tuple[Place, datetime | None, int]]:
        with _told(place):
            for name, told in _files(_path(place)):
                yield place.at(name), _moment(told.st_mtime), told.st_size


def _path(place: Place) -> Path:
    return Path(f"/{place.path}")


def _new(path: Path) -> BinaryIO:
    """Open a new file, in a folder that somebody may be removing because it was empty."""
    for _ in range(TRIES):
        with suppress(FileNotFoundError, FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    raise OSError(errno.ENOTDIR, "its folder cannot be made, or does not stay")


def _rename(unfinished: Path, path: Path) -> None:
    """No name is given twice: to look first is enough."""
    if path.exists():
        raise FileExistsError
    unfinished.rename(path)


def _files(top: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Go through all files below, by their names from there, while others come and go."""
    folders = [""]
    while folders:
        folder = folders.pop()
        with suppress(FileNotFoundError), os.scandir(top / folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{folder}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        yield folder + entry.name, entry.stat()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """Tell in our words what the system refuses."""
    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError as error:
        raise XComMissing(
            f"{place} is not there: it was cleared away, or this worker does not see the folder "
            "that it was written to. Run its task again, or mount the same folder everywhere"
        ) from error
    except OSError as error:
        said = f"{place}: {error.strerror or error}"
        if error.errno in SAID_NO:
            raise StoreRefused(f"{said}: {SAID_NO[error.errno]}") from error
        raise (StoreUnavailable if error.errno in SILENT else StoreError)(said) from error
