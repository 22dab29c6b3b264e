"""The rule for ordering keys: one item of a key is out at a time, and they go in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lab.history.call import Call
from lab.history.journey import Move


class Line(NamedTuple):
    """The items of one ordering key of one queue."""

    base: str
    key: bytes


@dataclass
class Lines:
    """Who stands in line, oldest first: from the push, or the redrive, until acked, dead or purged.

    Nobody knows of what others push until a claim comes by it: there it gets in line.
    """

    lines: dict[Line, dict[bytes, None]] = field(default_factory=lambda: defaultdict(dict))
    _line_of: dict[bytes, Line] = field(default_factory=dict)

    def judge(self, call: Call, moves: Sequence[Move]) -> None:
        """By places alone: what the scripts compare is not asked."""
        keyed = [move for move in moves if move.envelope.key]
        for move in keyed:
            if move.end is None or move.end.part == "dead":
                self._leave(move.item)
        for move in keyed:
            if move.end is not None and move.end.part != "dead" and not _is_unseen(call, move):
                self._join(move, Line(move.end.base, move.envelope.key))
        for move in keyed:
            if move.end is not None and move.end.part == "claimed":
                self._goes(call, move.item)

    def _join(self, move: Move, line: Line) -> None:
        if move.item not in self._line_of:
            self._line_of[move.item] = line
            self.lines[line][move.item] = None

    def _leave(self, item: bytes) -> None:
        line = self._line_of.pop(item, None)
        if line is not None:
            del self.lines[line][item]
            if not self.lines[line]:
                del self.lines[line]

    def _goes(self, call: Call, item: bytes) -> None:
        line = self._line_of[item]
        first = next(iter(self.lines[line]))
        call.check(first == item, f"{item!r} of key {line.key!r} went before {first!r}")
        call.book.events["claimed with a key"] += 1


def _is_unseen(call: Call, move: Move) -> bool:
    return call.script == "foreign" and move.start is None
