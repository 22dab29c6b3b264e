"""Spans of time at the surface, milliseconds on the wire."""

from __future__ import annotations

from datetime import timedelta

from redis_xcom.errors import BadArgument
from redis_xcom.wording import shown

SHORTEST_LEASE = timedelta(seconds=1)
LONGEST = timedelta(days=366)


def milliseconds(
    span: object, what: str, *, least: timedelta = timedelta(0), most: timedelta = LONGEST
) -> int:
    """Return a span in whole ms; raises `BadArgument` unless it is a timedelta within bounds."""
    if not isinstance(span, timedelta):
        raise BadArgument(
            f"{what} is {shown(span)}: give a timedelta, such as timedelta(seconds=30)"
        )
    if not least <= span <= most:
        raise BadArgument(f"{what} is {span}: it must lie between {least} and {most}")
    return round(span.total_seconds() * 1000)


def whole_number(value: object, what: str, *, least: int, most: int) -> int:
    """Return the number; raises `BadArgument` unless it is an int within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadArgument(f"{what} is {shown(value)}: give a whole number from {least} to {most}")
    return value
