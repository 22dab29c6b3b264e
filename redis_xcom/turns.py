"""Whose turn it is, looked at from outside: keys that stand still, and keys that nobody sees to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from redis_xcom.codec import KEYED


class Turns(NamedTuple):
    """The turns of a queue, and all of its items that could have them, seen in one moment.

    :param turns: id of the item whose turn it is, by ordering key.
    :param waiting: members of the line: key, number and item with a zero byte between them.
    :param out: the items that are ready, delayed or claimed.
    """

    turns: Mapping[bytes, bytes]
    waiting: Iterable[bytes]
    out: Iterable[bytes]

    def stuck(self) -> Iterator[tuple[str, str]]:
        """Yield keys that no end of an item will move on, each with the id that has its turn."""
        there = {found[1] for item in self.out if (found := KEYED.match(item))}
        for key, item_id in self.turns.items():
            if item_id not in there:
                yield key.decode(errors="replace"), item_id.decode(errors="replace")
        for key in {member.partition(b"\0")[0] for member in self.waiting} - self.turns.keys():
            yield key.decode(errors="replace"), ""
