"""Raw values of a claim: what producers of any kind may have pushed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.fuzz import json_rules
from lab.fuzz.json_rules import NotJson
from lab.fuzz.lua import functions
from lab.fuzz.target import Target, must
from redis_xcom.codec import HEAD, encode_payload, look_at
from redis_xcom.intake import Intake, take_in
from redis_xcom.item import Item
from redis_xcom.replies import Claimed

if TYPE_CHECKING:
    from random import Random

MAX_BYTES = 3_000
GOOD = b'{"xcom":"1800000000000-abc-1","payload":{"good":[1,"x"]}}'
HANDED = """
local id, now_ms, generation, CLAIMED = 'me', '1800000000000', '1800000000000000', 'claimed'
local call = function() end
"""
AS_HANDED = "function(value) local items = { value } hold(items) return items[1] end"
DETAILS = re.compile(r"[0-9]+|'.*'|\$.*")


class Payloads(Target):
    """The bytes of one claimed value between two good ones, wrapped as the script wraps them.

    Python's own parser, made strict, says of a stranger's value whether it is one and which.
    """

    name = "payloads"
    share = 25
    seeds = (
        b"null", b'{"order":7}', b'[1,2.5e3,"\\ud83e\\udd84"]', b'"\\ud800"', b"NaN", b"-0", GOOD,
        b'{"xcom":"1800000000000-a-1","by":"me","deliveries":3,"failures":1,"payload":[]}',
        b"[" * 199 + b"]" * 199, b"[" * 201 + b"]" * 201, b'1,"deliveries":7', b"\xff\xfe", b"",
    )  # fmt: skip
    tokens = (
        b'{"xcom":"', b',"payload":', b',"deliveries":', b',"failures":', b',"by":"', b'","', b"}",
        b"{", b"[", b"]", b'"', b"\\", b"\\u", b"\\ud800", b"\\udc00", b":", b",", b"null", b"true",
        b"NaN", b"Infinity", b"1e999", b"-0", b"e+", b".5", b"\x00", b"\xef\xbb\xbf", b"\xff",
        b"\xed\xa0\x80", b"\xf0\x9f", b"[" * 210, b'{"a":' * 210, b"]" * 210, b"9" * 5000, b" ",
        b"//", b"'", b"18000000000000000",
    )  # fmt: skip

    def __init__(self) -> None:
        self._handed = functions(parts=["handing"], names=[AS_HANDED], before=HANDED)[0]

    def make(self, random: Random) -> bytes:
        text = json_rules.write(random)
        if random.random() < 0.5:
            counts = random.choice(("", f',"deliveries":{random.getrandbits(6)},"failures":1'))
            text = f'{{"xcom":"18{random.getrandbits(20)}"{counts},"payload":{text}}}'
        return text.encode()

    def check(self, data: bytes) -> str:
        handed = self._handed(data)
        reply = Claimed("claimed", 1, 0, [GOOD, handed, GOOD])
        intake = take_in(reply, max_bytes=MAX_BYTES)
        _neighbours_are_well(intake)
        item = intake.items[1] if len(intake.items) == 3 else None
        seen = look_at(data, max_bytes=MAX_BYTES)
        must((seen is None) == (item is None), "peek and claim disagree on what is an item")
        if HEAD.match(data):
            return _ending(intake, "envelope", item)
        _by_the_book(data, item)
        return _ending(intake, "value", item)


def _neighbours_are_well(intake: Intake) -> None:
    good = [item for place, item in zip(intake.places, intake.items, strict=True) if place != 2]
    must([i.payload for i in good] == [{"good": [1, "x"]}] * 2, "a neighbour was harmed")
    bad = [place for places in intake.bad.values() for place in places]
    must(bad in ([], [2]) and len(bad) + len(intake.items) == 3, "a value is nowhere, or twice")


def _by_the_book(data: bytes, item: Item | None) -> None:
    try:
        value = json_rules.read(data)
        told = len(data) <= MAX_BYTES
    except NotJson as why:
        must(item is None, f"taken, though it is not JSON: {why}")
        return
    must((item is not None) == told, "JSON was refused, or what is too large taken")
    if item is not None:
        must(json_rules.same(item.payload, value), "taken for another value")
        _goes_on(item.payload)


def _goes_on(payload: Any) -> None:
    """What was handed out can be pushed again, such as to another queue."""
    encode_payload(payload, max_bytes=10 * MAX_BYTES)


def _ending(intake: Intake, kind: str, item: Item | None) -> str:
    if item is not None:
        must(isinstance(item.deliveries, int) and isinstance(item.id, str), "a head of other types")
        return f"{kind} of {type(item.payload).__name__} {item.earlier > 0} {item.by > ''}"
    (reason,) = intake.bad
    return f"refused: {kind} {DETAILS.sub('', reason)}"
