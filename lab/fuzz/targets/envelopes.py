"""The head of an item, which the scripts and Python each read by themselves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lab.fuzz import json_rules
from lab.fuzz.lua import DIGITS, functions
from lab.fuzz.target import Target, must
from lab.fuzz.targets.payloads import Payloads
from redis_xcom.codec import HEAD, KEYED, decode_item, look_at
from redis_xcom.errors import BadPayload

if TYPE_CHECKING:
    from random import Random

    from redis_xcom.item import Item

MAX_BYTES = 100_000
MOST = 999_999_999_999_999
FIELDS = ("xcom", "key", "by", "deliveries", "failures", "payload")
DOCUMENTED = re.compile(
    rb'\{"xcom":"[^"\\]*"(,"key":"[^"\\]+")?(,"by":"[^"\\]*")?'
    rb'(,"deliveries":[0-9]+,"failures":[0-9]+)?,"payload":'
)
LUA = "function(item) local p = parse(item) if p then return p.id, p.deliveries, p.failures end end"
COUNTED = "function(item, d, f) local p = parse(item) return p and with_counts(p, d, f) end"


class Envelopes(Target):
    """What Lua takes for a head Python takes for one, with the same id and the same counts."""

    name = "envelopes"
    share = 20
    tokens = Payloads.tokens
    seeds = (
        b'{"xcom":"1800000000000-a-1","payload":1}',
        b'{"xcom":"a","by":"b","deliveries":1,"failures":0,"payload":[]}',
        b'{"xcom":"a","deliveries":1,"failures":2,"payload":{"xcom":"c","payload":1}}',
        b'{"xcom":"a","payload":1,"xcom":"b","deliveries":7}',
        b'{"xcom":"a","key":"c7","by":"b","deliveries":1,"failures":0,"payload":1}',
        b'{"xcom":"a","key":"","payload":1}', b'{"xcom":"a","key":"\x00k","payload":1}',
        b'{"xcom":"a\\"","payload":1}', b'{"xcom": "a","payload":1}', b'{"xcom":"","payload":1}',
        b'{"xcom":"a","deliveries":99999999999999999999,"failures":01,"payload":1}',
        b'{"xcom":"a","deliveries":999999999999999,"failures":999999999999998,"payload":1}',
        b'{"xcom":"\xff","payload":1}', b'{"xcom":"a"}', b'{"xcom":"%1","payload":"%d"}',
    )  # fmt: skip

    def __init__(self) -> None:
        names = [LUA, COUNTED, "renamed", "key_of"]
        self._parse, self._counted, self._renamed, self._key_of = functions(
            parts=["envelope", "turns"], names=names, before=DIGITS
        )

    def make(self, random: Random) -> bytes:
        by = random.choice(("", ',"by":"orders.push run 1"', ',"by":"\\n"', ',"by":7'))
        counts = f',"deliveries":{random.getrandbits(7)},"failures":{random.getrandbits(6)}'
        counts = random.choice(("", counts, ',"failures":1,"deliveries":2', ',"deliveries":3'))
        after = random.choice(("", "", "", ',"deliveries":5', ',"xcom":"other"', ',"more":[]'))
        key = random.choice(("", "", ',"key":"c7"', ',"key":""', ',"key":"\\u0041"', ',"key":7'))
        payload = json_rules.write(random)
        name = random.getrandbits(9)
        return f'{{"xcom":"{name}"{key}{by}{counts},"payload":{payload}{after}}}'.encode()

    def check(self, data: bytes) -> str:
        head = self._parse(data)
        must((head is not None) == (HEAD.match(data) is not None), "only one sees a head")
        if head is None:
            return "no head"  # it would be wrapped into one
        item = _decoded(data)
        if item is None:
            return "refused: no item"
        self._keeps(data, head, item)
        if as_documented := _is_as_documented(data):
            self._agrees(data, head, item)
        return f"item {as_documented} {item.earlier > 0} {item.failures > 0} {item.by > ''}"

    def _keeps(self, data: bytes, head: Any, item: Item) -> None:
        """Whatever else its head says: it can be counted and renamed, and its payload stays."""
        counts = min(head[1] + 1, MOST), min(head[2] + 1, MOST)
        counted = self._counted(data, *counts)
        must(self._parse(counted) == (head[0], *counts), "not counted")
        must(counted.endswith(data[data.index(b'"payload"') :]), "counting touched its bytes")
        renamed = self._renamed(data, b"1800000000000000")
        must(self._parse(renamed) == (head[0] + b"~1800000000000000", *head[1:]), "not renamed")
        for changed in (_decoded(counted), _decoded(renamed)):
            must(changed is not None, "no item any more")
            must(json_rules.same(changed.payload, item.payload), "the payload was touched")
        seen = look_at(data, max_bytes=MAX_BYTES)
        must(seen is not None and seen.deliveries == item.earlier, "peek counts otherwise")

    def _agrees(self, data: bytes, head: Any, item: Item) -> None:
        """Lua and Python read the same of it, before and after."""
        must(head == (item.id.encode(), item.earlier, item.failures), "another id or other counts")
        seen, key = KEYED.match(data), item.ordering_key.encode()
        told = (item.id.encode(), key) if key else None
        must(self._key_of(data) == (seen and seen.groups()) == told, "of another key")
        again = _decoded(self._counted(data, 7, 3))
        must(
            (again.earlier, again.failures, again.id, again.by) == (7, 3, item.id, item.by), "lost"
        )
        renamed = _decoded(self._renamed(data, b"1"))
        must((renamed.id, renamed.by) == (item.id + "~1", item.by), "renamed otherwise")


def _decoded(data: bytes) -> Item | None:
    try:
        return decode_item(data, MAX_BYTES)
    except BadPayload:
        return None


def _is_as_documented(data: bytes) -> bool:
    """Each field once, in their order, and nothing between them."""
    try:
        fields = json.loads(data, object_pairs_hook=list)
    except ValueError:  # in a field that nobody reads
        return False
    names = [name for name, _ in fields]
    return DOCUMENTED.match(data) is not None and names == [n for n in FIELDS if n in names]
