"""What the configuration says of values: where they go, from which size on, for how long."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from redis_xcom.airflow.compat import option
from redis_xcom.airflow.xcom.compression import SUFFIXES
from redis_xcom.errors import BadArgument
from redis_xcom.wording import shown

ENCRYPTIONS = ("none", "aimed", "all")
NEVER = timedelta(0)


@dataclass(frozen=True)
class Settings:
    """How one value is kept.

    :param store: url of the store, empty for the metadata database alone.
    :param threshold: a value of so many bytes of JSON, or more, goes to the store.
    :param compression: of what goes to the store.
    :param ttl: after which it expires; zero for never.
    :param encrypt: which values are encrypted: none, those aimed at somebody, or all.
    """

    store: str = ""
    threshold: int = 65_536
    compression: str = ""
    ttl: timedelta = timedelta(days=30)
    encrypt: str = "none"

    def seals(self, *, aimed: bool) -> bool:
        """Whether a value is encrypted."""
        return self.encrypt == "all" or (self.encrypt == "aimed" and aimed)

    def offloads(self, size: int) -> bool:
        """Whether a value of so many bytes goes to the store."""
        return bool(self.store) and size >= self.threshold


def settings_of(dag_id: str | None, task_id: str | None, wishes: dict[str, Any]) -> Settings:
    """Return how a value of this task is kept.

    :param wishes: of the task itself for this value, as in `[redis_xcom] xcom_overrides`.
    :raises BadArgument: naming what of the configuration, or of the wishes, cannot be meant.
    """
    configured = _settings_of_task(f"{dag_id}.{task_id}")
    return changed(configured, wishes, "keep()") if wishes else configured


def default_ttl() -> timedelta:
    """Return after which time a value expires where nobody says otherwise; zero for never."""
    return _configured().ttl


def configured_stores() -> list[str]:
    """Return the urls of all stores that the configuration names."""
    named = [_configured().store, *(changes.get("store", "") for changes in _overrides().values())]
    return list(dict.fromkeys(url for url in named if url))


def changed(settings: Settings, changes: dict[str, Any], where: str) -> Settings:
    """Return the settings with these changes, each checked."""
    if odd := changes.keys() - CHECKS.keys():
        raise BadArgument(f"{where} has {shown(min(odd))}: known are {', '.join(CHECKS)}")
    return replace(settings, **_checked(changes, f"{where} "))


def _checked(given: dict[str, Any], where: str) -> dict[str, Any]:
    return {name: CHECKS[name](value, f"{where}{name}") for name, value in given.items()}


@cache
def _settings_of_task(name: str) -> Settings:
    settings = _configured()
    for pattern, changes in _overrides().items():
        if fnmatchcase(name, pattern):
            settings = changed(settings, changes, f"[redis_xcom] xcom_overrides {pattern}")
    return settings


@cache
def _configured() -> Settings:
    given = {field.name: option(f"xcom_{field.name}", "") for field in fields(Settings)}
    said = {name: value for name, value in given.items() if value}
    return replace(Settings(), **_checked(said, "[redis_xcom] xcom_"))


@cache
def _overrides() -> dict[str, dict[str, Any]]:
    given = option("xcom_overrides", "{}")
    try:
        overrides = json.loads(given)
    except ValueError as error:
        raise BadArgument(f"[redis_xcom] xcom_overrides is no JSON: {error}") from None
    if not isinstance(overrides, dict) or not all(map(_is_object, overrides.values())):
        raise BadArgument(
            "[redis_xcom] xcom_overrides is to be an object of objects: "
            '{"dag.task*": {"threshold": 0}}'
        )
    return overrides


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _store(value: object, where: str) -> str:
    if not isinstance(value, str) or (value and "://" not in value):
        raise BadArgument(
            f"{where} is {shown(value)}: give a url, such as file:///data/xcoms, "
            "s3://conn_id@bucket/path or redis://conn_id@prefix"
        )
    return value


def _threshold(value: object, where: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal():
        raise BadArgument(f"{where} is {shown(value)}: give bytes, 0 or more")
    return int(text)


def _compression(value: object, where: str) -> str:
    return _one_of(value, tuple(SUFFIXES), where)


def _encrypt(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "all" if value else "none"
    return _one_of(value, ENCRYPTIONS, where)


def _ttl(value: object, where: str) -> timedelta:
    if isinstance(value, timedelta) and value >= NEVER:
        return value
    try:
        seconds = float(str(value))
        if seconds >= 0:
            return timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        pass
    raise BadArgument(f"{where} is {shown(value)}: give seconds, 0 for never")


def _one_of(value: object, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        choice = ", ".join(word or "nothing" for word in known)
        raise BadArgument(f"{where} is {shown(value)}: it takes {choice}")
    return str(value)


CHECKS = {
    "store": _store,
    "threshold": _threshold,
    "compression": _compression,
    "ttl": _ttl,
    "encrypt": _encrypt,
}
