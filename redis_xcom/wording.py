"""How messages and pages put what they were given, whatever that is."""

from __future__ import annotations

from datetime import timedelta

LONGEST = 200


def shown(value: object) -> str:
    """Return the value as Python writes it, cut at 200 characters; of what has no words, its type.

    Never raises: not for an object that cannot print itself, not for a number too long to print.
    """
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 (somebody else's repr)
        return f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def span(value: timedelta) -> str:
    """Return a duration as people say it: 41s, 3m 12s, 5h 2m, 12d 3h."""
    seconds = int(value.total_seconds())
    parts = [("d", seconds // 86_400), ("h", seconds // 3600 % 24), ("m", seconds // 60 % 60)]
    said = [f"{number}{unit}" for unit, number in [*parts, ("s", seconds % 60)] if number]
    return " ".join(said[:2]) or "0s"
