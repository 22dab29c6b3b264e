"""Python values of any kind, as somebody may push them."""

from __future__ import annotations

import enum
import json
from collections import OrderedDict
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, NoReturn

from lab.fuzz import json_rules
from lab.fuzz.draw import Draw
from lab.fuzz.target import Target, must
from redis_xcom.codec import decode_item, encode_payload, envelope
from redis_xcom.errors import BadPayload

MAX_BYTES = 5_000
NO_DIGITS = {ord(digit): None for digit in "0123456789"}


class Number(int):
    """A whole number of somebody's own, which prints as it likes."""

    def __str__(self) -> str:
        return "no number"

    __repr__ = __str__


class Text(str):
    """Text of somebody's own."""

    __slots__ = ()


class Colour(enum.IntEnum):
    RED = 1


class Sulky:
    """Whatever it is asked, it raises."""

    def __repr__(self) -> NoReturn:
        raise RuntimeError("no words for it")

    __str__ = __repr__


def _cycle(value: Any) -> list[Any]:
    ring: list[Any] = [value]
    ring.append({"again": ring})
    return ring


def _deep(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = [value] if level % 3 else {"a": value}
    return value


class Values(Target):
    """What push accepts is JSON and comes out as JSON has it; the rest is refused by name."""

    name = "values"
    share = 20

    def check(self, data: bytes) -> str:
        payload = self._draw(Draw(data))
        try:
            encoded = encode_payload(payload, max_bytes=MAX_BYTES)
        except BadPayload as error:
            str(error).encode()  # it is logged, and shown to people
            return f"refused: {str(error)[-40:].translate(NO_DIGITS)}"
        item = decode_item(envelope("1800000000000-a-1", encoded), MAX_BYTES)
        must(json_rules.same(item.payload, _as_json(payload)), "came out as another value")
        must(json_rules.same(json_rules.read(encoded), item.payload), "is other JSON to others")
        return f"a {type(payload).__name__}, {len(encoded).bit_length()}"

    def _draw(self, draw: Draw) -> Any:
        number, text = draw.number, draw.text
        leaves = (
            lambda: Number(number()), lambda: Text(text()), lambda: Colour.RED, Sulky,
            draw.some_bytes, lambda: {number(), text()}, lambda: Decimal(1),
            lambda: datetime.now(timezone.utc), lambda: OrderedDict({text(): number()}),
            lambda: {draw.number(): text(), draw.float(): number()}, lambda: {_key(draw): number()},
            lambda: _cycle(number()), lambda: _deep(number(), draw.byte() + draw.byte()),
            lambda: _deep(number(), 20 * draw.byte()), lambda: text() * draw.byte(), lambda: object,
        )  # fmt: skip
        return draw.value(leaves)


def _key(draw: Draw) -> Any:
    return draw.choice((Sulky(), 1, True, None, 1.5, (1, "a"), b"a", Colour.RED, Number(3)))


def _as_json(value: Any) -> Any:
    """Return what a JSON value of Python's is once JSON has had it."""
    if isinstance(value, dict):
        return {_as_key(key): _as_json(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(child) for child in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


def _as_key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    plain = int(key) if isinstance(key, int) and not isinstance(key, bool) else key
    return json.dumps(plain)
