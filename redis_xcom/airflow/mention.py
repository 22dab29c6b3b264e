"""How a log line names a claim: the same words everywhere, so that one search finds all of it."""

from __future__ import annotations

from typing import Protocol


class AnyClaim(Protocol):
    """A claim, or a handle on one."""

    @property
    def claim_id(self) -> str: ...

    @property
    def generation(self) -> int: ...


def mention(queue: str, claim: AnyClaim, items: int) -> str:
    return f"queue {queue} claim {claim.claim_id} generation {claim.generation}, {items} items"
