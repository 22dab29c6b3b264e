"""Where a store is, or an object in one: read from a url, written as one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from redis_xcom.errors import BadArgument, BadName
from redis_xcom.keys import check_name
from redis_xcom.wording import shown

FORMS = "file:///data/xcoms, s3://conn_id@bucket/path or redis://conn_id@prefix"
REMEDY = "mend the store's url in [redis_xcom] xcom_store, xcom_overrides or keep()"
URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<conn_id>[^@/]*)@)?(?P<container>[^@/]*)(?:/(?P<path>.*))?"
)
FILES = {"file", "local"}
REDIS = "redis"
LONGEST_PATH = 200
"""Bytes: with a name below it the key must be one that S3 takes."""


@dataclass(frozen=True)
class Place:
    """A place as its url tells it.

    :param scheme: which kind of store.
    :param conn_id: the Airflow connection that leads there; empty for none.
    :param container: the bucket, or the prefix of keys; empty for files.
    :param path: below that, without a slash at its beginning.
    """

    scheme: str
    conn_id: str
    container: str
    path: str

    def __str__(self) -> str:
        whose = f"{self.conn_id}@" if self.conn_id else ""
        below = f"/{self.path}" if self.path else ""
        return f"{self.scheme}://{whose}{self.container}{below}"

    def at(self, name: str) -> Place:
        """Return the place of an object of this name in here."""
        return replace(self, path=f"{self.path}/{name}" if self.path else name)

    @staticmethod
    def read(url: str) -> Place:
        """Return what a url tells; raise `BadArgument` saying what is wrong with it."""
        found = URL.fullmatch(url)
        if found is None:
            raise refused(url, f"that is no url: give {FORMS}")
        told = {name: text or "" for name, text in found.groupdict().items()}
        place = Place(**told | {"path": told["path"].rstrip("/")})
        if wrong := place.fault():
            raise refused(url, wrong)
        return place

    def fault(self) -> str:
        """Say what is wrong with it, nothing where nothing is."""
        if ":" in self.conn_id:
            return "no login belongs there: put it into an Airflow connection and give its id"
        if {".", ".."} & set(self.path.split("/")) or set("?#\n\0") & set(self.path):
            return "its path is to be plain, without '..', '?' or '#'"
        if self.scheme in FILES:
            return self._fault_of_folder()
        if self.scheme == REDIS:
            return self._fault_of_prefix()
        return "" if self.container else "it names no bucket"

    def _fault_of_folder(self) -> str:
        if self.container or self.conn_id:
            return "a folder is given by its whole path, with three slashes: file:///data/xcoms"
        return "" if self.path else "it names no folder"

    def _fault_of_prefix(self) -> str:
        if not self.container:
            return "it names no prefix"
        if not self.conn_id:
            return f"it names no Airflow connection: redis://redis_default@{self.container}"
        try:
            check_name(self.container, "prefix")
        except BadName as error:
            return str(error)
        return ""


def refused(url: object, why: str) -> BadArgument:
    """Return the error for a url that cannot be meant so; a login in it is not repeated."""
    text = re.sub(r"//[^/]*:[^/]*@", "//…@", url) if isinstance(url, str) else url
    return BadArgument(f"store {shown(text)}: {why}; {REMEDY}")
