"""What clients were told, against what the history says: nothing confirmed may be missing in it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.history.book import Book
from redis_xcom import Claim, ClaimHandle, Item, Queue


class Told:
    """Writes down what one client was told, a line each, at once: a kill takes nothing of it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def pushed(self, queue: Queue, numbers: Sequence[object]) -> None:
        self._note("pushed", queue, numbers=[str(number) for number in numbers])

    def claimed(self, queue: Queue, claim: Claim) -> None:
        self.settled("claimed", queue, claim, claim.items)

    def settled(
        self, how: str, queue: Queue, claim: Claim | ClaimHandle, items: Sequence[Item]
    ) -> None:
        """`how` is acked, released or rejected; refused when an ack was answered ClaimLost."""
        ids = [item.id for item in items]
        self._note(how, queue, claim=claim.claim_id, generation=claim.generation, items=ids)

    def handed_over(self, queue: Queue, to: ClaimHandle, items: Sequence[Item]) -> None:
        """These are now held by that claim."""
        self.settled("handed over", queue, to, items)

    def drained(self, queue: Queue, items: Sequence[Item]) -> None:
        """All of these were acked, by the steps of one drain."""
        self._note("drained", queue, items=[item.id for item in items])

    def _note(self, what: str, queue: Queue, **more: Any) -> None:
        line = {"what": what, "queue": queue.keys.base, **more}
        os.write(self._file, json.dumps(line).encode() + b"\n")


def read_told(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield all lines of all clients; a line that a kill has cut short was not written."""
    for file in sorted(folder.iterdir()):
        for line in file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)


def compare(book: Book, told: Iterable[dict[str, Any]]) -> int:
    """Note what was told and is not so as violations; return how many lines were compared."""
    later = _latest_generations(book)
    count = 0
    for line in told:
        count += 1
        if line["what"] != "pushed":
            line["items"] = [item.encode() for item in line["items"]]
        if not (RULES[line["what"]](book, line) or _outdated(line, later)):
            book.check(None, f"a client was told what is not so: {json.dumps(line, default=str)}")
    return count


def _pushed(book: Book, line: dict[str, Any]) -> bool:
    return all((line["queue"], number.encode()) in book.pushed for number in line["numbers"])


def _claimed(book: Book, line: dict[str, Any]) -> bool:
    delivery = book.deliveries.get((line["queue"], line["generation"]))
    return (
        delivery is not None
        and delivery.claim_id == line["claim"]
        and set(delivery.items).issuperset(line["items"])
    )


def _acked(book: Book, line: dict[str, Any]) -> bool:
    by = line["claim"], line["generation"]
    ends = [book.ends.get(item) for item in line["items"]]
    return all(end and end.how == "acked" and end[1:3] == by for end in ends)


def _refused(book: Book, line: dict[str, Any]) -> bool:
    return not line["items"] or not _acked(book, line)


def _drained(book: Book, line: dict[str, Any]) -> bool:
    ends = [book.ends.get(item) for item in line["items"]]
    return all(end and end.how == "acked" for end in ends)


def _returned(book: Book, line: dict[str, Any]) -> bool:
    by = line["generation"], line["what"]
    return all((item, *by) in book.returns for item in line["items"])


def _outdated(line: dict[str, Any], later: dict[tuple[str, str], int]) -> bool:
    """A refusal after a newer try of the same claim id: whose ack it was is not remembered."""
    newest = later.get((line["queue"], line.get("claim", "")), 0)
    return line["what"] == "refused" and newest > line["generation"]


def _latest_generations(book: Book) -> dict[tuple[str, str], int]:
    latest: dict[tuple[str, str], int] = {}
    for (base, generation), delivery in book.deliveries.items():
        who = base, delivery.claim_id
        latest[who] = max(generation, latest.get(who, 0))
    return latest


RULES: dict[str, Callable[[Book, dict[str, Any]], bool]] = {
    "pushed": _pushed,
    "claimed": _claimed,
    "handed over": _claimed,
    "acked": _acked,
    "refused": _refused,
    "drained": _drained,
    "released": _returned,
    "rejected": _returned,
}
