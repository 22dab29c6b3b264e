"""What a server did, by its own record (MONITOR): who held which item, from when to when.

Nothing of it rests on what the scripts answer or count.
"""

from __future__ import annotations

import re
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from redis_xcom.keys import TYPES

if TYPE_CHECKING:
    from types import TracebackType

LINE = re.compile(rb"\+?(\d+\.\d+) \[\d+ ([^\]]*)\] (.*)")
WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"')
ITEM_ID = re.compile(rb'^\{\\"xcom\\":\\"([^"\\]*)\\"')
GENERATION = re.compile(rb'^\{\\"generation\\":(\d+)')
PUT_BACK = ((b"LPUSH", b"ready"), (b"RPUSH", b"ready"))
CLOCK_STEP = 0.002
CLAIM_ID_AT = 4 + len(TYPES)  # behind EVALSHA, sha, how many keys, the keys, time


class Record:
    """Keeps what a server executes while its `with` block lasts."""

    def __init__(self, path: Path) -> None:
        self.lines: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Record:
        self._socket.sendall(b"MONITOR\r\n")
        assert self._socket.recv(5) == b"+OK\r\n"
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        with self._socket.makefile("rb") as stream:
            self.lines.extend(stream)


@dataclass
class Holding:
    """One item in one claim's hands."""

    item: str
    place: bytes  # claim id/number
    generation: int
    since: float
    until: float | None = None
    end: str = "held"  # acked, expired (another's claim gave it back) or returned (its own)


@dataclass
class Referee:
    """Reads a record and keeps every holding; breaches of exclusivity are told in words."""

    base: bytes
    holdings: dict[str, list[Holding]] = field(default_factory=lambda: defaultdict(list))
    breaches: list[str] = field(default_factory=list)
    _open: dict[bytes, Holding] = field(default_factory=dict)
    _deadlines: dict[bytes, float] = field(default_factory=dict)
    _generations: dict[bytes, int] = field(default_factory=dict)
    _returned: set[str] = field(default_factory=set)  # put back in the present call
    _asker: bytes = b""

    def read(self, lines: list[bytes]) -> Referee:
        for line in lines:
            if told := LINE.match(line):
                words = WORD.findall(told[3])
                if told[2] == b"lua":
                    self._inside(float(told[1]), words)
                else:
                    self._call(words)
        return self

    def all(self) -> Iterator[Holding]:
        for of_one in self.holdings.values():
            yield from of_one

    def _call(self, words: list[bytes]) -> None:
        self._returned.clear()
        scripted = words[0] in (b"EVALSHA", b"EVAL") and len(words) > CLAIM_ID_AT
        self._asker = words[CLAIM_ID_AT] if scripted else b""

    def _inside(self, now: float, words: list[bytes]) -> None:
        step = (words[0].upper(), b"".join(words[1:2]).removeprefix(self.base))
        if step == (b"HSET", b"claimed"):
            for place, item in zip(words[2::2], words[3::2], strict=True):
                self._taken(now, place, item)
        elif step == (b"HDEL", b"claimed"):
            for place in words[2:]:
                self._gone(now, place)
        elif step == (b"HSET", b"claims"):
            self._handed_over(now, words[2], int(GENERATION.match(words[3])[1]))
        elif step == (b"ZADD", b"leases"):
            self._deadlines[words[3]] = float(words[2]) / 1000
        elif step in PUT_BACK:
            self._returned.update(map(_id, words[2:]))

    def _taken(self, now: float, place: bytes, item: bytes) -> None:
        held = self.holdings[_id(item)]
        if held and held[-1].end == "held":
            self.breaches.append(f"{held[-1]} overlaps {place!r} at {now}")
        if held and held[-1].end == "acked":
            self.breaches.append(f"{held[-1]} was acked and handed out at {now}")
        self._open[place] = Holding(_id(item), place, 0, now)
        held.append(self._open[place])

    def _handed_over(self, now: float, claim_id: bytes, generation: int) -> None:
        """A record is written: with a new generation what the claim holds has a new holder."""
        if self._generations.get(claim_id) == generation:
            return
        self._generations[claim_id] = generation
        for place, holding in list(self._open.items()):
            if place.rpartition(b"/")[0] != claim_id:
                continue
            if holding.generation:
                holding.until, holding.end = now, "taken over"
                self._open[place] = Holding(holding.item, place, generation, now)
                self.holdings[holding.item].append(self._open[place])
            self._open[place].generation = generation
            self._check_order(self._open[place])

    def _check_order(self, holding: Holding) -> None:
        before = self.holdings[holding.item][:-1]
        if before and before[-1].generation >= holding.generation:
            self.breaches.append(f"{holding} does not fence {before[-1]}")

    def _gone(self, now: float, place: bytes) -> None:
        holding = self._open.pop(place, None)
        if holding is None:
            self.breaches.append(f"{place!r} was let go and not held at {now}")
            return
        claim_id = place.rpartition(b"/")[0]
        holding.until = now
        if holding.item not in self._returned:
            holding.end = "acked"
        elif claim_id == self._asker:
            holding.end = "returned"
        else:
            holding.end = "expired"
            if self._deadlines[claim_id] > now + CLOCK_STEP:
                self.breaches.append(f"{holding}: stolen before {self._deadlines[claim_id]}")


def _id(item: bytes) -> str:
    return ITEM_ID.match(item)[1].decode()
