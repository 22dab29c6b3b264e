"""Ordering keys as DAGs give them: the name of a field, or one for each payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redis_xcom.errors import BadArgument
from redis_xcom.wording import shown


def ordering_keys(payloads: Sequence[Any], given: object) -> list[str | None] | None:
    """Return the key of each payload, None for one without; raise `BadArgument`."""
    if given is None:
        return None
    if isinstance(given, str):
        return [_key(payload, given, place) for place, payload in enumerate(payloads)]
    if isinstance(given, Sequence):
        return [_text(key, f"ordering_key[{place}]") for place, key in enumerate(given)]
    raise BadArgument(f"ordering_key is {shown(given)}: give a field's name or a list of keys")


def _key(payload: object, field: str, place: int) -> str | None:
    if not isinstance(payload, Mapping) or field not in payload:
        raise BadArgument(f"payloads[{place}] has no field {shown(field)} to take its key from")
    return _text(payload[field], f"payloads[{place}].{field}")


def _text(key: object, where: str) -> str | None:
    if key is None or isinstance(key, str):
        return key
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    raise BadArgument(f"{where} is {shown(key)}: a key is text or a whole number")
