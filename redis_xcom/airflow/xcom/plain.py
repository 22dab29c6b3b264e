"""Values that Airflow's serialisation leaves as they are: nearly all that tasks push."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from math import isfinite
from typing import Any

import msgspec

CONTAINERS = frozenset({list, dict})
PLAIN = CONTAINERS | {str, int, float, bool, type(None)}
MAX_DEPTH = 200
RESERVED = (b'"__classname__"', b'"__id__"')
"""Keys that Airflow refuses in a user's dict."""
NULLS = (b":null", b",null", b"[null")
"""The JSON of None, and of numbers that are none."""

_flat = chain.from_iterable


def plain_json(value: Any, refused: tuple[bytes, ...] = RESERVED) -> bytes | None:
    """Return the JSON of a value that Airflow serialises to itself, None for any other.

    :param refused: keys that make it another one; none where Airflow has serialised it.
    """
    if type(value) not in PLAIN:
        return None
    try:
        data = msgspec.json.encode(value)
    except (RecursionError, TypeError, ValueError):
        return None
    # Only now it is known to have an end: a list may contain itself.
    return data if Look(data, refused).finds_plain(value) else None


def bears(data: bytes, marks: tuple[bytes, ...], common: bytes) -> bool:
    """Whether one of the marks is in the data; what all have in common is looked for first."""
    return common in data and any(mark in data for mark in marks)


class Look:
    """A look at a value and its JSON, at a level at a time: so nearly all of it is done in C."""

    def __init__(self, data: bytes, refused: tuple[bytes, ...]) -> None:
        self._data = data
        self._refused = refused

    def finds_plain(self, value: Any) -> bool:
        """Whether all in it is of exactly the plain types, and the JSON tells all of it."""
        if type(value) in CONTAINERS and bears(self._data, self._refused, b'"__'):
            return False
        level = [value]
        for _ in range(MAX_DEPTH):
            kinds = set(map(type, level))
            if not kinds <= PLAIN or (float in kinds and not self._tells_floats(level)):
                return False
            if kinds.isdisjoint(CONTAINERS):
                return True
            lists, dicts = (_those(kind, level) if kind in kinds else [] for kind in (list, dict))
            if not set(map(type, _flat(dicts))) <= {str}:
                return False
            level = [*_flat(lists), *_flat(map(dict.values, dicts))]
        return False

    def _tells_floats(self, level: list[Any]) -> bool:
        return not self._has_nulls or all(map(isfinite, _those(float, level)))

    @cached_property
    def _has_nulls(self) -> bool:
        return self._data == b"null" or bears(self._data, NULLS, b"null")


def _those(kind: type, level: list[Any]) -> list[Any]:
    return [part for part in level if type(part) is kind]
