"""Dead letters as they lie in Redis."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from redis_xcom.codec import look_at
from redis_xcom.errors import BadArgument
from redis_xcom.item import DeadItem
from redis_xcom.units import whole_number
from redis_xcom.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from redis_xcom.scripts import Scripts

SURROGATE = re.compile(r"[\ud800-\udfff]")
MARK = b',"item":'
REDRIVE_STEP = 100


def read_letter(item_id: bytes, letter: bytes, *, max_bytes: int) -> DeadItem:
    """Return the letter; the item's bytes may be anything, the head before them is ours."""
    head, _, rest = letter.partition(MARK)
    told = json.loads(head + b"}")
    raw = rest[:-1]
    return DeadItem(
        id=item_id.decode(errors="replace"),
        reason=told["reason"],
        owner=told["owner"],
        died_at=datetime.fromtimestamp(told["at"] / 1000, timezone.utc),
        raw=raw,
        item=look_at(raw, max_bytes=max_bytes),
    )


def _known(ids: Iterable[object]) -> list[str]:
    """Return the ids; raises `BadArgument` for what can be none."""
    if isinstance(ids, str):
        raise BadArgument(f"ids is {shown(ids)}: give a list of ids")
    return [_id(one) for one in ids]


def _id(given: object) -> str:
    if not isinstance(given, str) or SURROGATE.search(given):
        raise BadArgument(f"ids has {shown(given)}, which is no item's id")
    return given


class DeadLetters:
    """The dead letters of one queue."""

    def __init__(self, scripts: Scripts, *, max_bytes: int) -> None:
        self._scripts = scripts
        self._max_bytes = max_bytes

    def oldest(self, limit: int) -> list[DeadItem]:
        letters = self._scripts.dead(limit)
        return [read_letter(i, letter, max_bytes=self._max_bytes) for i, letter in letters]

    def redrive(self, ids: Sequence[str] | None, limit: int | None) -> int:
        most = 2**53 if limit is None else whole_number(limit, "limit", least=1, most=2**53)
        return self._redrive_all(most) if ids is None else self._redrive_these(_known(ids), most)

    def _redrive_all(self, most: int) -> int:
        """All that were dead at the first step: what dies meanwhile stays."""
        redriven, until_ms, looked_at = 0, "", 1
        while looked_at and redriven < most:
            step = min(REDRIVE_STEP, most - redriven)
            done, until_ms, looked_at = self._scripts.redrive([], limit=step, until_ms=until_ms)
            redriven += done
        return redriven

    def _redrive_these(self, ids: list[str], most: int) -> int:
        redriven, rest = 0, ids
        while rest and redriven < most:
            step = rest[: min(REDRIVE_STEP, most - redriven)]
            rest = rest[len(step) :]
            redriven += self._scripts.redrive(step, limit=len(step), until_ms="")[0]
        return redriven
