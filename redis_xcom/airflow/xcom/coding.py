"""Values as bytes: JSON of what Airflow's own serialisation makes of them, never pickle.

What it leaves as it is, nearly all that tasks push, is recognised, and written and read without
going through it: the bytes and the values are those that it would give.
"""

from __future__ import annotations

import gc
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from airflow.sdk.bases.xcom import BaseXCom

from redis_xcom.airflow.xcom.plain import CONTAINERS, MAX_DEPTH, bears, plain_json
from redis_xcom.errors import BadPayload, XComAltered, XComError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARKS = (b'"__classname__"', b'"__type"')
"""Without one of these JSON is what it says; with them Airflow makes other objects of it."""
MANY_BYTES = 1_000_000


class Form(NamedTuple):
    """What Airflow deserialises."""

    value: Any


class Coded(NamedTuple):
    """A value as it is kept.

    :param form: as Airflow serialises it: itself where that changes nothing.
    :param data: the form as JSON.
    """

    form: Any
    data: bytes


def coded(value: Any, what: object = "the value") -> Coded:
    """Return a value's form and its JSON.

    :param what: how messages name the value.
    :raises BadPayload: naming the place inside the value that cannot be serialised.
    """
    data = plain_json(value)
    if data is not None:
        return Coded(value, data)
    form = _form(value, what)
    return Coded(form, _json(form, what))


def serialized(value: Any, what: object = "the value") -> Any:
    """Return a value's form alone; see `coded`."""
    return value if plain_json(value) is not None else _form(value, what)


def decode(data: bytes, check: Callable[[], None] | None = None) -> Any:
    """Return the value in the JSON of `coded`.

    :param check: called once the JSON is parsed, or is none, before anything is made of it.
    :raises XComAltered: for what is no JSON.
    """
    with _without_collecting(len(data)):
        try:
            form = _read(data)
        finally:
            if check is not None:
                check()
        marked = type(form) in CONTAINERS and bears(data, MARKS, b'"__')
        return deserialized(form) if marked else form


def deserialized(form: Any) -> Any:
    """Return the value of a form."""
    return BaseXCom.deserialize_value(Form(form))


def _form(value: Any, what: object) -> Any:
    return _attempt(BaseXCom.serialize_value, value, what)


def _json(form: Any, what: object) -> bytes:
    data = plain_json(form, refused=())
    return data if data is not None else _attempt(_written, form, what)


def _written(form: Any) -> bytes:
    # Numbers that are none, half characters, str of a class of its own.
    return json.dumps(form, separators=(",", ":")).encode()


def _attempt(convert: Callable[[Any], Any], value: Any, what: object) -> Any:
    try:
        return convert(value)
    except RecursionError:
        raise BadPayload(f"{what} is nested too deep to be an XCom") from None
    except Exception as error:  # whatever a user's own object raises
        place = _place(value, convert)
        raise BadPayload(f"{what} cannot be an XCom: {place}: {error}") from error


def _read(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise XComError("the value is nested too deep to be read here") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return json.loads(data)
    except ValueError as error:
        raise XComAltered(f"no JSON lies there: {error}") from error


@contextmanager
def _without_collecting(size: int) -> Iterator[None]:
    """While millions of objects are made, none of them is garbage: looking costs most of the time.

    So large JSON is read four times as fast.
    """
    pause = size >= MANY_BYTES and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def _place(value: Any, convert: Callable[[Any], Any]) -> str:
    """Return the path to the first part that cannot be converted, and its type."""
    path = ""
    for _ in range(MAX_DEPTH):
        found = next((each for each in _parts(value) if _fails(convert, each[1])), None)
        if found is None:
            break
        path, value = path + found[0], found[1]
    name = type(value).__name__
    return f"{path.removeprefix('.')}: {name}" if path else name


def _fails(convert: Callable[[Any], Any], part: Any) -> bool:
    try:
        convert(part)
    except Exception:  # noqa: BLE001 (as in _attempt)
        return True
    return False


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return ((f".{key}", part) for key, part in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ((f"[{index}]", part) for index, part in enumerate(value))
    return iter(())
