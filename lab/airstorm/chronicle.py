"""A judge that keeps what it has read, to show the way of an item that went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lab.history.entry import Entry
from lab.history.judge import Judge


@dataclass
class Chronicle(Judge):
    """Keeps every entry: for storms of some thousand calls."""

    entries: list[Entry] = field(default_factory=list)

    def read(self, entries: Iterable[Entry]) -> Judge:
        return super().read(self._kept(entries))

    def about(self, item: bytes) -> list[str]:
        """The calls that moved an item or settled a claim that held it, in the server's order."""
        deliveries = self.book.deliveries.values()
        holders = {each.claim_id.encode() for each in deliveries if item in each.items}
        return [
            str(entry)
            for entry in self.entries
            if _concerns(entry, item) or (entry.script == "settle" and entry.argv[1] in holders)
        ]

    def _kept(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.entries.append(entry)
            yield entry


def _concerns(entry: Entry, item: bytes) -> bool:
    return any(item in word for write in entry.writes for word in write.args)
