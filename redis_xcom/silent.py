"""Claims that have fallen silent: not renewed for a while, though their leases may last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis_xcom.scripts import Scripts


@dataclass(frozen=True)
class SilentClaim:
    """A claim whose owner is not heard of."""

    claim_id: str
    incarnation: str
    generation: int
    owner: str
    held: int  # items that are not settled
    silent_for: timedelta
    lease: timedelta
    held_for: timedelta


def find_silent(scripts: Scripts, quiet_ms: int) -> Iterator[SilentClaim]:
    """Yield them a page at a time, those whose leases end first in front."""
    seen = 0
    while True:
        seen, *found = scripts.silent(quiet_ms=quiet_ms, seen=seen)
        yield from map(_read, found)
        if not seen:
            return


def _read(told: list[Any]) -> SilentClaim:
    claim_id, incarnation, generation, held, silent_ms, lease_ms, owner, held_ms = told
    return SilentClaim(
        claim_id.decode(),
        incarnation.decode(),
        int(generation),
        json.loads(owner),
        held,
        timedelta(milliseconds=silent_ms),
        timedelta(milliseconds=lease_ms),
        timedelta(milliseconds=held_ms),
    )
