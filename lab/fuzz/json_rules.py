"""What JSON is, told a second time: by Python's own parser, made as strict as the queue is."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from redis_xcom.codec import MAX_DEPTH

if TYPE_CHECKING:
    from random import Random


class NotJson(Exception):
    """The bytes hold no value that may travel."""


def read(raw: bytes) -> Any:
    """Return the value, or raise `NotJson`."""
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    check(value)
    return value


def check(value: Any, depth: int = 0) -> None:
    """Raise `NotJson` for a number beyond all bounds, half a character, or too many levels."""
    if isinstance(value, float) and not math.isfinite(value):
        raise NotJson("a number beyond all bounds")
    if isinstance(value, str):
        _check_text(value)
    if isinstance(value, (dict, list)):
        if depth == MAX_DEPTH:
            raise NotJson("too deep")
        if isinstance(value, dict):
            for key in value:
                _check_text(key)
        for child in value.values() if isinstance(value, dict) else value:
            check(child, depth + 1)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types all through: 1 is not 1.0 and not true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        alike = one.keys() == other.keys()
        return alike and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def write(random: Random, depth: int = 0) -> str:
    """Return any JSON value as text, in any of the ways to write it."""
    kind = random.randrange(5 if depth > 3 else 9)
    if kind == 0:
        return random.choice(("null", "true", "false", "{}", "[]", '""', "-0", "1E+2", "0.1e-9"))
    if kind < 3:
        return str(random.choice((random.randrange(-9, 99), random.getrandbits(70), 1.5e300)))
    if kind < 5:
        text = "".join(random.choices('ab"\\/\x00\n é机🦄', k=random.randrange(6)))
        return json.dumps(text, ensure_ascii=random.random() < 0.5)
    blank = random.choice(("", "", "", " ", "\n\t"))
    parts = [write(random, depth + 1) for _ in range(random.randrange(4))]
    if kind < 7:
        return f"[{blank}{f',{blank}'.join(parts)}]"
    keys = (random.choice(('"a"', '"b"', '"xcom"', '"payload"', '"\\u0000"')) for _ in parts)
    return (
        "{" + ",".join(f"{key}:{blank}{part}" for key, part in zip(keys, parts, strict=True)) + "}"
    )


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotJson("half a character") from None


def _refuse(constant: str) -> NoReturn:
    raise NotJson(constant)
