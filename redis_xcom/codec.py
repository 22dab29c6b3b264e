"""Payloads and envelopes as bytes: strict JSON, never pickle.

The envelope is JSON with its fields in a fixed order, so that the scripts can raise the counts
in its head without touching the payload: see `lua/lib/envelope.lua`.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from redis_xcom.errors import BadPayload
from redis_xcom.item import Item
from redis_xcom.wording import LONGEST, shown

MAX_DEPTH = 200
MAX_PAYLOAD_BYTES = 1_048_576
LONGEST_HEAD = 8_192
HEAD = re.compile(rb'\{"xcom":"[^"\\]*"')
KEYED = re.compile(rb'\{"xcom":"([^"\\]*)","key":"([^"\\\x00-\x1f\x7f]+)"')
"""An item with an ordering key, as the scripts see it: its id and its key."""

PAYLOAD = b',"payload":'
STRANGERS_PART = slice(23, 39)
"""Where an item that a stranger pushed has the generation of its first claim: the bytes wrapped
then may be anything, such as the head of another field."""
NO_ID = "0000000000000-0000000000000000-0"
"""Of the form that a script gives what it wraps."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode = msgspec.json.Decoder(Item).decode


def encode_payload(payload: Any, *, max_bytes: int, where: str = "payload") -> bytes:
    """Return the payload as JSON; what JSON cannot hold raises `BadPayload` with its path."""
    try:
        data = _encode(payload).encode()
    except RecursionError:
        raise BadPayload(_too_deep(where)) from None
    except (TypeError, ValueError) as error:
        raise BadPayload(_problem(payload, where) or f"{where}: {error}") from error
    if len(data) > max_bytes:
        raise BadPayload(_too_large(where, len(data), max_bytes))
    if _may_be_deep(data) and _is_deep(payload):
        raise BadPayload(_too_deep(where))
    return data


def envelope(item_id: str, payload: bytes, *, ordering_key: str = "", by: str = "") -> bytes:
    key = f',"key":"{ordering_key}"' if ordering_key else ""
    who = f',"by":"{by}"' if by else ""
    return b'{"xcom":"%b"%b,"payload":%b}' % (item_id.encode(), (key + who).encode(), payload)


def decode_item(raw: bytes, max_bytes: int) -> Item:
    """Return the item in these bytes, or raise `BadPayload` with the reason it is none."""
    if len(raw) > max_bytes and (size := _payload_size(raw)) > max_bytes:
        raise BadPayload(_too_large("payload", size, max_bytes))
    try:
        item = _decode(raw)
        if raw[STRANGERS_PART].isdigit() and raw.startswith(b"-", STRANGERS_PART.start - 1):
            msgspec.json.decode(raw.partition(PAYLOAD)[2][:-1])
    except RecursionError:
        raise BadPayload(_too_deep("payload")) from None
    except UnicodeDecodeError as error:
        raise BadPayload(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except msgspec.ValidationError as error:
        raise BadPayload(f"not an item: {error}") from None
    except msgspec.DecodeError as error:
        raise BadPayload(f"not valid JSON: {error}") from None
    if _may_be_deep(raw) and _is_deep(item.payload):
        raise BadPayload(_too_deep("payload"))
    return item


def look_at(raw: bytes, *, max_bytes: int) -> Item | None:
    """Return the item as it would be claimed, None when it is none.

    What a stranger pushed has no id and no time before its first claim.
    """
    try:
        if HEAD.match(raw):
            item = decode_item(raw, max_bytes)
        else:
            item = decode_item(envelope(NO_ID, raw), max_bytes)
            msgspec.structs.force_setattr(item, "id", "")
    except BadPayload:
        return None
    # It is in nobody's hands: what it has had is all.
    msgspec.structs.force_setattr(item, "earlier", item.earlier - 1)
    return item


def _payload_size(raw: bytes) -> int:
    payload = raw.partition(PAYLOAD)[2]
    head = len(raw) - len(payload)
    return len(payload) - 1 if payload and head <= LONGEST_HEAD else len(raw)


def _too_large(where: str, size: int, bound: int) -> str:
    return f"{where} has {size} bytes, at most {bound} may travel: store it and push a reference"


def _too_deep(where: str) -> str:
    return f"{where} is nested deeper than {MAX_DEPTH} levels"


def _may_be_deep(data: bytes) -> bool:
    # A level takes two brackets, so most payloads are answered by their length.
    return len(data) > 2 * MAX_DEPTH and data.count(b"[") + data.count(b"{") > MAX_DEPTH


def _is_deep(value: Any) -> bool:
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [child for parent in level for child in _containers(parent)]
    return bool(level)


def _containers(parent: Any) -> list[Any]:
    children = parent.values() if isinstance(parent, dict) else parent
    return [child for child in children if isinstance(child, (dict, list, tuple))]


def _problem(payload: Any, where: str) -> str | None:
    try:
        return _why_not_json(payload, where)
    except RecursionError:
        return _too_deep(where)


def _why_not_json(value: Any, where: str) -> str | None:
    """Name the first part of a value that JSON cannot hold."""
    if value is None or isinstance(value, (bool, int)):
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{where} is {value}, which JSON does not know"
    if isinstance(value, str):
        return _why_not_text(value, where)
    if isinstance(value, dict):
        return _why_not_object(value, where)
    if isinstance(value, (list, tuple)):
        places = (_why_not_json(child, f"{where}[{i}]") for i, child in enumerate(value))
        return next(filter(None, places), None)
    return f"{where} is a {type(value).__name__}, which JSON cannot hold: convert it first"


def _why_not_text(value: str, where: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return f"{where} is text with a lone surrogate, which UTF-8 cannot hold"
    return None


def _why_not_object(value: dict[Any, Any], where: str) -> str | None:
    for key, child in value.items():
        name = f"the key {shown(key)} of {where}"
        if isinstance(key, (dict, list, tuple)):
            return f"{name} is a {type(key).__name__}, which JSON cannot hold: convert it first"
        if why := _why_not_json(key, name) or _why_not_json(child, f"{where}.{_word(key)}"):
            return why
    return None


def _word(key: object) -> str:
    return key[:LONGEST] if isinstance(key, str) else shown(key)
