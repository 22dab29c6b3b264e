"""How a message shows what it was given, whatever that is."""

from __future__ import annotations

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
