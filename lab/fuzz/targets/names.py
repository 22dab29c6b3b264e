"""Names of queues, prefixes and tags."""

from __future__ import annotations

from typing import Any

from redis.crc import key_slot

from lab.fuzz.draw import Draw
from lab.fuzz.target import Target, must
from redis_xcom.errors import BadName
from redis_xcom.keys import TYPES, Keys

FINE = ("orders", "a", "ready", "xcom", "a.b", "a-b", "b", "x" * 128)


class Names(Target):
    """Names are refused, or make a queue's keys in one slot that no other names make."""

    name = "names"
    share = 6
    seeds = (b"", bytes(range(60)), b"\x01" * 30)

    def check(self, data: bytes) -> str:
        draw = Draw(data)
        one, other = _keys(draw), _keys(draw)
        for keys in (one, other):
            if keys is not None:
                _lie_together(keys)
        if one is None or other is None:
            return f"refused: {one is None} {other is None}"
        shared = set(one.all()) & set(other.all())
        must((one == other) == bool(shared), "two queues share a key")
        return f"{one == other} {one.tag is None} {other.tag is None}"


def _keys(draw: Draw) -> Keys | None:
    given: list[Any] = [_name(draw), _name(draw), draw.choice((None, _name(draw)))]
    try:
        keys = Keys(*given)
    except BadName as error:
        str(error).encode()
        return None
    must(keys.tag is None or keys.slot == keys.tag, "not in its tag's slot")
    return keys


def _name(draw: Draw) -> Any:
    return draw.choice((draw.choice(FINE), draw.choice(FINE), draw.text(), draw.value()))


def _lie_together(keys: Keys) -> None:
    names = keys.all()
    must({key_slot(name.encode()) for name in names} == {key_slot(keys.slot.encode())}, "scattered")
    must(len(set(names)) == len(TYPES), "two parts of one name")
