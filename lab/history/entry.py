"""One entry of a history: a call of a script, with the writes it made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

ENVELOPE = re.compile(
    rb'\{"xcom":"(?P<id>[^"\\]*)"(?:,"key":"(?P<key>[^"\\]*)")?(?:,"by":"[^"\\]*")?'
    rb'(?:,"deliveries":(?P<deliveries>\d+),"failures":(?P<failures>\d+))?(?P<rest>.*)',
    re.DOTALL,
)
PAYLOAD = b',"payload":'


class Write(NamedTuple):
    """One command that changed a key; `count` is its reply when that is a number, or its length."""

    command: bytes
    count: int
    base: str
    part: str
    args: list[bytes]


@dataclass(frozen=True)
class Entry:
    """`at_ms` is the server's real clock; a test's own where it plays with time."""

    at_ms: int
    script: str
    base: str
    argv: list[bytes]
    writes: list[Write]

    def mentions(self, word: bytes) -> bool:
        written = any(word in arg for write in self.writes for arg in write.args)
        return written or any(word in arg for arg in self.argv)

    def __str__(self) -> str:
        argv = b" ".join(self.argv)[:120].decode(errors="replace")
        return f"{self.at_ms} {self.script} {self.base} {argv}"


class Envelope(NamedTuple):
    """An item as it lies in a key; a foreign value's id is its bytes."""

    id: bytes
    deliveries: int
    failures: int
    payload: bytes
    is_bare: bool
    key: bytes = b""


def read_entry(stream_id: bytes, text: bytes) -> Entry:
    words = _words(text)
    script, base = next(words).decode(), next(words).decode().rpartition(":")[0] + ":"
    argv = [next(words) for _ in range(int(next(words)))]
    at_ms = int(argv[0]) // 1000 if argv[0] else int(stream_id.partition(b"-")[0])
    return Entry(at_ms, script, base, argv, list(_writes(words)))


def open_envelope(item: bytes) -> Envelope:
    found = ENVELOPE.match(item)
    if found is None:
        return Envelope(b"bare " + item, 0, 0, item, is_bare=True)
    return Envelope(
        found["id"],
        int(found["deliveries"] or 0),
        int(found["failures"] or 0),
        found["rest"].removeprefix(PAYLOAD)[:-1],
        is_bare=False,
        key=found["key"] or b"",
    )


def item_in_line(member: bytes) -> bytes:
    """The item inside a member of `waiting`."""
    return member.split(b"\0", 2)[2]


def item_of_letter(letter: bytes) -> bytes:
    """The item inside a dead letter."""
    return letter.partition(b',"item":')[2][:-1]


def _words(text: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(text):
        colon = text.index(b":", at)
        end = colon + 1 + int(text[at:colon])
        yield text[colon + 1 : end]
        at = end


def _writes(words: Iterator[bytes]) -> Iterator[Write]:
    for command in words:
        count = int(next(words))
        key, *args = [next(words) for _ in range(int(next(words)))]
        base, _, part = key.decode().rpartition(":")
        yield Write(command, count, base + ":", part, args)
