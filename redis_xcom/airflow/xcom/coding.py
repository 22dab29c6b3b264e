"""Values as bytes: JSON of what Airflow's own serialisation makes of them, never pickle."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadPayload, XComAltered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SCALARS = frozenset({str, int, float, bool, type(None)})
PLAIN = SCALARS | {list, dict}
RESERVED = frozenset({"__classname__", "__id__"})
MARKS = (b"__classname__", b"__type")
"""Without one of these JSON is what it says; with them Airflow makes other objects of it."""


def serialized(value: Any, what: str = "the value") -> Any:
    """Return a value as Airflow serialises it: plain JSON types, itself where it is of such.

    :raises BadPayload: naming the place inside the value that cannot be serialised.
    """
    from airflow.sdk.serde import serialize

    try:
        return value if is_plain(value) else serialize(value)
    except RecursionError:
        raise BadPayload(f"{what} is nested too deep") from None
    except (AttributeError, TypeError, ValueError) as error:
        place = _place(value, serialize).lstrip(".")
        raise BadPayload(f"{what} cannot be an XCom: {place}: {error}") from error


def encode(form: Any) -> bytes:
    """Return what `serialized` gave as JSON."""
    if is_plain(form):
        import msgspec

        try:
            return msgspec.json.encode(form)
        except UnicodeEncodeError:  # half a character, which only escapes can hold
            pass
    return json.dumps(form, separators=(",", ":")).encode()


def decode(data: bytes) -> Any:
    """Return the value in the JSON of `encode`."""
    import msgspec

    try:
        form = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        form = _decode_leniently(data)
    if not any(mark in data for mark in MARKS):
        return form
    return deserialized(form)


def deserialized(form: Any) -> Any:
    """Return the value of what `serialized` gave."""
    from airflow.sdk.serde import deserialize

    return deserialize(form)


def is_plain(value: Any) -> bool:
    """Whether Airflow serialises the value to itself, and JSON can hold it."""
    kind = type(value)
    if kind is list:
        return _are_plain(value)
    if kind is dict:
        texts = set(map(type, value)) <= {str} and RESERVED.isdisjoint(value)
        return texts and _are_plain(value.values())
    return kind in SCALARS and (kind is not float or isfinite(value))


def _are_plain(values: Collection[Any]) -> bool:
    kinds = set(map(type, values))
    if not kinds <= PLAIN:
        return False
    if kinds.isdisjoint({list, dict, float}):
        return True
    return all(is_plain(value) for value in values if type(value) in {list, dict, float})


def _decode_leniently(data: bytes) -> Any:
    """Numbers that are none, and half characters."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise XComAltered(f"no JSON lies there: {error}") from error


def _place(value: Any, serialize: Any) -> str:
    """Return the path to the first part that cannot be serialised, and its type."""
    for name, part in _parts(value):
        try:
            serialize(part)
        except Exception:  # noqa: BLE001 (whatever a user's own object raises)
            inner = _place(part, serialize)
            return name + inner if inner.startswith(("[", ".")) else f"{name}: {inner}"
    return type(value).__name__


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return ((f".{key}", part) for key, part in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ((f"[{index}]", part) for index, part in enumerate(value))
    return iter(())
