"""Values that Airflow's serialisation leaves as they are: nearly all that tasks push."""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTAINERS = frozenset({list, dict})
PLAIN = CONTAINERS | {str, int, float, bool, type(None)}
MAX_DEPTH = 200
RESERVED = (b'"__classname__"', b'"__id__"')
"""Keys that Airflow refuses in a user's dict."""
NULLS = (b":null", b",null", b"[null")
"""The JSON of None, and of numbers that are none."""

_flat = chain.from_iterable


def bears(data: bytes, marks: tuple[bytes, ...], common: bytes) -> bool:
    """Whether one of the marks is in the data; what all have in common is looked for first."""
    return common in data and any(mark in data for mark in marks)


def plain_json(value: Any) -> bytes | None:
    """Return the JSON of a value that Airflow serialises to itself, None for any other."""
    if type(value) not in PLAIN:
        return None
    try:
        data = msgspec.json.encode(value)
    except (RecursionError, TypeError, ValueError):
        return None
    # Only now it is known to have an end: a list may contain itself.
    may_hide_nan = data == b"null" or bears(data, NULLS, b"null")
    if bears(data, RESERVED, b'"__') or not _is_plain(value, may_hide_nan=may_hide_nan):
        return None
    return data


def _is_plain(value: Any, *, may_hide_nan: bool) -> bool:
    """Whether all in it is of exactly those types; asked of a level at a time, at C's speed."""
    level = Level([[value]], [])
    for _ in range(MAX_DEPTH):
        kinds = set(map(type, level.parts()))
        if not kinds <= PLAIN or not level.keys_are_text():
            return False
        if float in kinds and may_hide_nan and not level.is_finite():
            return False
        if kinds.isdisjoint(CONTAINERS):
            return True
        level = level.below(kinds)
    return False


class Level(NamedTuple):
    """All containers that lie equally deep in a value."""

    lists: list[list[Any]]
    dicts: list[dict[Any, Any]]

    def parts(self) -> Iterable[Any]:
        return chain(_flat(self.lists), _flat(map(dict.values, self.dicts)))

    def keys_are_text(self) -> bool:
        return set(map(type, _flat(self.dicts))) <= {str}

    def is_finite(self) -> bool:
        return all(map(isfinite, [part for part in self.parts() if type(part) is float]))

    def below(self, kinds: set[type]) -> Level:
        def those(kind: type) -> list[Any]:
            return [part for part in self.parts() if type(part) is kind] if kind in kinds else []

        return Level(those(list), those(dict))
