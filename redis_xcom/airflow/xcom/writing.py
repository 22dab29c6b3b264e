"""From a value that a task pushes to the row that Airflow keeps."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.coding import coded, serialized
from redis_xcom.airflow.xcom.compression import SUFFIXES, compressed
from redis_xcom.airflow.xcom.digest import Digest
from redis_xcom.airflow.xcom.options import unwrapped
from redis_xcom.airflow.xcom.reference import Reference
from redis_xcom.airflow.xcom.settings import NEVER, Settings, settings_of
from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.coordinate import Coordinate


def row_of(value: Any, coordinate: Coordinate) -> Any:
    """Return what Airflow is to keep: the value as Airflow serialises it, or a reference.

    What is large is in its store before this returns.

    :raises BadPayload: naming the place inside the value that cannot be serialised.
    :raises StoreError: when the store has not taken it.
    """
    value, wishes, to = unwrapped(value)
    settings = settings_of(coordinate.dag_id, coordinate.task_id, wishes)
    sealed = settings.seals(aimed=bool(to))
    if not (settings.store or to or sealed):
        if wishes.keys() & {"threshold", "compression", "ttl"}:
            raise BadArgument(f"{coordinate}: keep() needs a store: set [redis_xcom] xcom_store")
        return serialized(value, coordinate)
    form, data = coded(value, coordinate)
    if settings.offloads(len(data)):
        return Outgoing(coordinate, settings, to, sealed=sealed).stored(data, _kind(value))
    if not (to or sealed):
        return form
    return Outgoing(coordinate, settings, to, sealed=sealed).inline(form, data, _kind(value))


class Outgoing:
    """One value that is not kept as everybody's plain JSON."""

    def __init__(
        self, coordinate: Coordinate, settings: Settings, to: tuple[str, ...], *, sealed: bool
    ) -> None:
        self._coordinate = coordinate
        self._settings = settings
        self._to = to
        self._sealed = sealed

    def inline(self, form: Any, data: bytes, kind: str) -> dict[str, Any]:
        """Return the row of a value that stays in the metadata database."""
        kept = self._seal(data).decode() if self._sealed else form
        return self._reference(type=kind, bytes=len(data), value=kept).row()

    def stored(self, data: bytes, kind: str) -> dict[str, Any]:
        """Put the value into its store, and return the row that refers to it."""
        from redis_xcom.airflow.xcom.naming import object_name
        from redis_xcom.airflow.xcom.stores import store_at

        settings = self._settings
        data = compressed(data, settings.compression)
        if self._sealed:
            data = self._seal(data)
        expires = _expiry(settings.ttl)
        suffix = f".json{SUFFIXES[settings.compression]}{'.sealed' if self._sealed else ''}"
        name = object_name(self._coordinate, expires=expires, suffix=suffix)
        digest = Digest(data)
        uri = store_at(settings.store).put(name, data, ttl=settings.ttl or None)
        return self._reference(
            type=kind,
            bytes=len(data),
            sha256=digest.hex,
            uri=uri,
            compression=settings.compression,
            expires=expires,
        ).row()

    def _reference(self, **what: Any) -> Reference:
        at = self._coordinate
        what |= {"dag_id": at.dag_id, "task_id": at.task_id, "key": at.key}
        return Reference(to=self._to, sealed=self._sealed, **what)

    def _seal(self, data: bytes) -> bytes:
        from redis_xcom.airflow.xcom.cipher import seal

        at = self._coordinate
        where = {"dag_id": at.dag_id, "run_id": at.run_id, "task_id": at.task_id, "key": at.key}
        return seal(data, {"to": list(self._to), **where})


def _expiry(ttl: timedelta) -> datetime | None:
    """Whole seconds: so a name and a row tell the same moment."""
    if ttl == NEVER:
        return None
    return (datetime.now(timezone.utc) + ttl + timedelta(seconds=1)).replace(microsecond=0)


def _kind(value: Any) -> str:
    """The value's type for people, and how many it holds."""
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    name = f"{module}{kind.__qualname__}"
    return f"{name}[{len(value)}]" if kind in {list, dict, tuple, set} else name
