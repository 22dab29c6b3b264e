"""Arguments as DAGs give them: templates render to text, durations come as numbers, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from redis_xcom.errors import BadArgument
from redis_xcom.wording import shown


def whole_number(value: object, what: str) -> int:
    """Return the number, also where a template rendered it to text; raise `BadArgument`."""
    try:
        if isinstance(value, (int, str)) and not isinstance(value, bool) and int(value) > 0:
            return int(value)
    except ValueError:
        pass
    raise BadArgument(f"{what} is {shown(value)}: give a whole number above 0")


def span(value: object, what: str) -> timedelta:
    """Return a duration given as timedelta or in seconds; raise `BadArgument`."""
    if isinstance(value, timedelta):
        return value
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        pass
    raise BadArgument(f"{what} is {shown(value)}: give a timedelta or seconds")


def one_of(value: object, what: str, choices: tuple[str, ...]) -> str:
    """Return the choice, or raise `BadArgument` naming all of them."""
    if isinstance(value, str) and value in choices:
        return value
    raise BadArgument(f"{what} is {shown(value)}: choose one of {', '.join(choices)}")


def payload_list(value: object) -> list[Any]:
    """Return the payloads; text is a JSON array, since a template renders to text.

    Raises `BadArgument`, which does not repeat the value.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadArgument(f"payloads is text, but not a JSON array: {error}") from None
    if isinstance(value, (Mapping, str, bytes, bytearray)) or not isinstance(value, Iterable):
        kind = type(value).__name__
        raise BadArgument(f"payloads is a {kind}: give a list, [payload] for a single one")
    return list(value)
