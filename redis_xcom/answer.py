"""What a queue answered to a wish for items: to whom, under which generation, when to ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from redis_xcom.holder import Holder
from redis_xcom.replies import Claimed


@dataclass(eq=False)
class Answer:
    """All that a claim knows without its items."""

    holder: Holder
    reply: Claimed = field(repr=False)

    @property
    def claim_id(self) -> str:
        return self.holder.claimant.claim_id

    @property
    def incarnation(self) -> str:
        return self.holder.claimant.incarnation

    @property
    def owner(self) -> str:
        return self.holder.owner

    @property
    def lease_seconds(self) -> float:
        return self.holder.lease_seconds

    @property
    def generation(self) -> int:
        """The fencing token: whoever holds the items after this claim has a greater one."""
        return self.reply.generation

    @property
    def taken_over(self) -> bool:
        """The items were held by an older incarnation, which is fenced off now."""
        return self.reply.takeovers > 0

    @property
    def paused(self) -> bool:
        return self.reply.paused

    @property
    def full(self) -> bool:
        """As much of the queue is claimed as may be: see `Queue.limit`."""
        return self.reply.full

    @property
    def in_doubt(self) -> timedelta | None:
        """For an empty claim: when the first lease in doubt is decided; None when none is."""
        doubt_ms = self.reply.doubt_ms
        return timedelta(milliseconds=doubt_ms) if doubt_ms else None

    @property
    def retry_after(self) -> timedelta | None:
        """For an empty claim: when something known of can come; None when nothing is known."""
        hints = [ms for ms in (self.reply.doubt_ms, self.reply.due_ms) if ms]
        return timedelta(milliseconds=min(hints)) if hints else None
