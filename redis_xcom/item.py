"""What travels: items, and items that died."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Annotated, Any

import msgspec

STAMP = re.compile(r"([0-9]{13})-")

Count = Annotated[int, msgspec.Meta(ge=0, le=999_999_999_999_999)]
"""As far as the scripts count exactly."""


class Item(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One item as its claimant sees it. Field names on the wire are those of the envelope."""

    id: str = msgspec.field(name="xcom")
    payload: Any
    ordering_key: str = msgspec.field(name="key", default="")
    by: str = ""
    earlier: Count = msgspec.field(name="deliveries", default=0)  # handed out before
    failures: Count = 0

    @property
    def deliveries(self) -> int:
        """How often it has been handed out, the claim that it came with included."""
        return self.earlier + 1

    @property
    def pushed_at(self) -> datetime | None:
        """When it was pushed, by the producer's clock (UTC); its id begins with it.

        For what a stranger pushed: when it was claimed first, None before.
        """
        stamp = STAMP.match(self.id)
        return datetime.fromtimestamp(int(stamp[1]) / 1000, timezone.utc) if stamp else None


class DeadItem(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter: why, whose hands it was in last, when, and its bytes as they lay there."""

    id: str
    reason: str
    owner: str
    died_at: datetime
    raw: bytes
    item: Item | None
    """The item, or None when its bytes are no item (which may be why it died)."""
