"""Dead letters as they lie in Redis."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from redis_xcom.codec import look_at
from redis_xcom.item import DeadItem

MARK = b',"item":'


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
