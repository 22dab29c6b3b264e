"""The keys as the history says they must be: every write is done again in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lab.history.entry import Write
from redis_xcom.keys import TYPES

EMPTY: dict[str, Callable[[], Any]] = {"list": deque, "hash": dict, "zset": dict}


class Step(NamedTuple):
    """One value that left a place in a part of a queue, or came to one."""

    base: str
    part: str
    field: bytes
    value: bytes
    came: bool


class Shadow:
    """Containers by base and part: deques, and dicts for hashes and sorted sets alike."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], Any] = {}

    def part(self, base: str, part: str) -> Any:
        found = self._parts.get((base, part))
        if found is None:
            found = self._parts[base, part] = EMPTY[TYPES[part]]()
        return found

    def apply(self, write: Write) -> Iterator[Step]:
        """Do it, and yield what came and went."""
        return APPLY[write.command](self, write)

    def _push(self, write: Write) -> Iterator[Step]:
        items = self.part(write.base, write.part)
        add = items.append if write.command == b"RPUSH" else items.appendleft
        for value in write.args:
            add(value)
            yield Step(write.base, write.part, b"", value, came=True)

    def _pop(self, write: Write) -> Iterator[Step]:
        items = self.part(write.base, write.part)
        for _ in range(write.count):
            yield Step(write.base, write.part, b"", items.popleft(), came=False)

    def _set(self, write: Write) -> Iterator[Step]:
        pairs = iter(write.args)
        yield from self._put(write, zip(pairs, pairs, strict=True))

    def _add_scored(self, write: Write) -> Iterator[Step]:
        only_new = write.args[0] == b"NX"
        if not (only_new and write.count == 0):
            scores = iter(write.args[only_new:])
            pairs = [(member, score) for score, member in zip(scores, scores, strict=True)]
            yield from self._put(write, pairs)

    def _put(self, write: Write, pairs: Any) -> Iterator[Step]:
        fields = self.part(write.base, write.part)
        for field, value in pairs:
            if (old := fields.get(field)) is not None:
                yield Step(write.base, write.part, field, old, came=False)
            fields[field] = value
            yield Step(write.base, write.part, field, value, came=True)

    def _remove(self, write: Write) -> Iterator[Step]:
        fields = self.part(write.base, write.part)
        for field in write.args:
            if (old := fields.pop(field, None)) is not None:
                yield Step(write.base, write.part, field, old, came=False)

    def _count_up(self, write: Write) -> Iterator[Step]:
        field, amount = write.args
        fields = self.part(write.base, write.part)
        fields[field] = b"%d" % (int(fields.get(field, 0)) + int(amount))
        yield from ()

    def _unlink(self, write: Write) -> Iterator[Step]:
        parts = [write.part, *(key.decode().rpartition(":")[2] for key in write.args)]
        for part in parts:
            held = self._parts.pop((write.base, part), ())
            pairs = held.items() if isinstance(held, dict) else [(b"", value) for value in held]
            for field, value in pairs:
                yield Step(write.base, part, field, value, came=False)

    def differences(self, client: Any) -> list[str]:
        """What the server holds otherwise: changes that are in no history."""
        found = []
        for (base, part), held in sorted(self._parts.items()):
            there = READ[TYPES[part]](client, base + part)
            here = list(held) if isinstance(held, deque) else held
            if TYPES[part] == "zset":
                here = {member: float(score) for member, score in held.items()}
            if there != here:
                found.append(f"{base}{part} is not what its history makes of it")
        return found


APPLY: dict[bytes, Callable[[Shadow, Write], Iterator[Step]]] = {
    b"RPUSH": Shadow._push,  # noqa: SLF001 (a table of its own methods)
    b"LPUSH": Shadow._push,  # noqa: SLF001
    b"LPOP": Shadow._pop,  # noqa: SLF001
    b"HSET": Shadow._set,  # noqa: SLF001
    b"ZADD": Shadow._add_scored,  # noqa: SLF001
    b"HDEL": Shadow._remove,  # noqa: SLF001
    b"ZREM": Shadow._remove,  # noqa: SLF001
    b"HINCRBY": Shadow._count_up,  # noqa: SLF001
    b"UNLINK": Shadow._unlink,  # noqa: SLF001
}

READ: dict[str, Callable[[Any, str], Any]] = {
    "list": lambda client, key: client.lrange(key, 0, -1),
    "hash": lambda client, key: client.hgetall(key),
    "zset": lambda client, key: dict(client.zrange(key, 0, -1, withscores=True)),
}
