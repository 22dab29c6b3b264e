"""What is sent for a queue of a single item: each script a typed method, each reply decoded."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, NamedTuple

from redis_xcom.courier import Courier
from redis_xcom.replies import Claimed, read_claimed
from redis_xcom.scripts import reason_text


class Holder(NamedTuple):
    """Who has the item, as far as it is known; `doubt_ms` until an ended lease is decided."""

    claim_id: str = ""
    incarnation: str = ""
    generation: int = 0
    owner: str = ""
    since: datetime | None = None
    doubt_ms: int = 0


class Seen(NamedTuple):
    """What lies there: the item's bytes, empty for none, and who has it."""

    item: bytes
    holder: Holder | None


class SingleScripts(Courier):
    """The scripts of one queue that holds a single item and ends by itself."""

    def offer(self, envelope: bytes, *, ttl_ms: int) -> int:
        return int(self._run("single_offer", (ttl_ms, envelope)))

    def claim(
        self, claim_id: str, *, incarnation: str, lease_ms: int | None, owner: str
    ) -> Claimed | Holder | None:
        """Return the claim, or who has the item; None where nothing was offered."""
        lease = "" if lease_ms is None else lease_ms
        reply = self._run("single_claim", (claim_id, incarnation, lease, json.dumps(owner)))
        if reply[0] == b"nothing":
            return None
        if reply[0] == b"taken":
            return _read_holder(*reply[1:])
        return read_claimed(reply)

    def release(
        self, claim_id: str, *, incarnation: str, generation: int | None, reason: str
    ) -> bool:
        which = "" if generation is None else generation
        what = (claim_id, incarnation, which, reason_text(reason))
        return bool(self._run("single_release", what) == 1)

    def look(self) -> Seen:
        item, claim_id, record = self._ask(self.client, "single_look", ())
        return Seen(item, _read_holder(claim_id, record) if claim_id else None)


def _read_holder(claim_id: bytes, record: bytes, doubt_ms: int = 0) -> Holder:
    told: dict[str, Any] = json.loads(record) if record else {}
    since = told.get("since")
    return Holder(
        claim_id.decode(),
        told.get("incarnation", ""),
        told.get("generation", 0),
        told.get("owner", ""),
        None if since is None else datetime.fromtimestamp(since / 1000, timezone.utc),
        doubt_ms,
    )
