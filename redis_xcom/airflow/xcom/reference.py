"""What a row of Airflow's XCom table holds in place of a value that is kept otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from redis_xcom.errors import XComAltered, XComExpired
from redis_xcom.wording import shown

CLASSNAME = "__classname__"
VERSION = "__version__"
DATA = "__data__"
NAME = "redis_xcom.airflow.xcom.XComReference"
"""Airflow's serialisation refuses a dict of a user's that has the key `__classname__`: no value
that a task pushes can look like a reference."""

CURRENT = 1
SENDER = ("dag_id", "task_id", "key")
TOLD_AS_IT_IS = ("type", "bytes", "uri", "value", "sha256", "compression", *SENDER)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where a value is and what it is to be: readable in Airflow's UI and API.

    :param type: of the value, for people.
    :param bytes: how many lie in the store, or are kept here.
    :param sha256: of these bytes, in hexadecimal; empty for a value that is kept here.
    :param uri: the object in a store; None for a value that is kept here.
    :param value: kept here: as Airflow serialises it, or a sealed text.
    :param compression: of the bytes: nothing, `zstd` or `gzip`.
    :param sealed: whether they are encrypted.
    :param to: whom the value is aimed at; empty for everybody.
    :param dag_id: the DAG that has pushed an aimed value: `to` is meant as seen from there.
    :param task_id: the task of it that has, for people; and `key`, under which.
    :param expires: from when on there is nothing to be had, None for never.
    """

    type: str
    bytes: int
    sha256: str = ""
    uri: str | None = None
    value: Any = None
    compression: str = ""
    sealed: bool = False
    to: tuple[str, ...] = ()
    dag_id: str = ""
    task_id: str = ""
    key: str = ""
    expires: datetime | None = None

    def row(self) -> dict[str, Any]:
        """Return it as JSON for Airflow's table; what says nothing is left out."""
        told: dict[str, Any] = {"type": self.type, "bytes": self.bytes}
        if self.uri is None:
            told["value"] = self.value
        else:
            told |= {"uri": self.uri, "sha256": self.sha256}
        if self.expires is not None:
            told["expires"] = f"{self.expires.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
        told |= {"compression": self.compression} if self.compression else {}
        told |= {"sealed": True} if self.sealed else {}
        if self.to:
            told["to"] = list(self.to)
            told |= {"dag_id": self.dag_id, "task_id": self.task_id, "key": self.key}
        return {CLASSNAME: NAME, VERSION: CURRENT, DATA: told}

    @staticmethod
    def read(row: object) -> Reference | None:
        """Return the reference in a row, None for a user's own value.

        :raises XComAltered: for a reference that this version cannot read.
        """
        if not isinstance(row, dict) or row.get(CLASSNAME) != NAME:
            return None
        return read_told(row.get(DATA), row.get(VERSION))

    def check_time(self) -> None:
        """Raise `XComExpired` once its time is over."""
        if self.expires is not None and self.expires <= datetime.now(timezone.utc):
            raise XComExpired(
                f"{self.uri or 'the value'} has expired on {self.expires:%Y-%m-%d %H:%M:%S} UTC: "
                "run its task again, or raise [redis_xcom] xcom_ttl"
            )


def read_told(told: Any, version: object) -> Reference:
    """Return the reference that a row tells of; `XComAltered` for one that makes no sense."""
    if not isinstance(version, int) or version > CURRENT:
        raise XComAltered(f"a reference of version {shown(version)}: update redis-xcom here")
    try:
        fields = {name: told[name] for name in TOLD_AS_IT_IS if name in told}
        expires = told.get("expires")
        reference = Reference(
            **fields,
            sealed=bool(told.get("sealed")),
            to=tuple(told.get("to", ())),
            expires=_moment(expires) if expires else None,
        )
        _check(reference)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise XComAltered(f"a reference that nobody has written so: {shown(told)}") from error
    return reference


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _check(reference: Reference) -> None:
    texts = (reference.sha256, reference.compression, reference.type, *reference.to)
    texts += (reference.dag_id, reference.task_id, reference.key)
    if not all(isinstance(text, str) for text in texts) or not isinstance(reference.bytes, int):
        raise TypeError
    if reference.uri is not None and not isinstance(reference.uri, str):
        raise TypeError
