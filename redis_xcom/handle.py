"""A claim in the hands of a process that knows its id and generation, and nothing else of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.claimant import check_try, check_words, this_process
from redis_xcom.errors import BadArgument, ClaimError, ClaimHeld, ClaimLost, Superseded
from redis_xcom.intake import take_in
from redis_xcom.units import SHORTEST_LEASE, milliseconds, whole_number

if TYPE_CHECKING:
    from redis_xcom.item import Item
    from redis_xcom.scripts import Scripts

MOST = 2**53
HELD = "the claim id that is to hold its items holds others under generation {0.generation}"
NEWER = "a newer incarnation of the claim id that is to hold its items, {0.owner}, has claimed"


@dataclass(frozen=True)
class ClaimHandle:
    """Settles, extends and hands over what was claimed elsewhere; made by `Queue.handle`.

    Items are named by their places in the claim (`Claim.place_of`), counted from 1; no place
    stands for all that are still held. Every act is fenced: it raises `ClaimLost`, and changes
    nothing, when the items are not held under this generation any more. Where no place is named,
    that there is nothing left is no loss, unless the lease ran out. Nothing is renewed in the
    background.
    """

    scripts: Scripts = field(repr=False)
    claim_id: str
    generation: int
    max_deliveries: int = 0
    max_bytes: int = field(default=MOST, repr=False)

    def items(self, *places: int) -> dict[int, Item]:
        """Return what is still held there, by place; it stays. What is no item is left out."""
        reply = self.scripts.held(
            self.claim_id, generation=self.generation, places=_checked(places)
        )
        found = take_in(reply, max_bytes=self.max_bytes)
        return dict(zip(found.places, found.items, strict=True))

    def ack(self, *places: int) -> None:
        """These are done and gone. To ack again does nothing."""
        self.settle("ack", places, left=not places)

    def release(
        self,
        *places: int,
        delay: timedelta | None = None,
        reason: str | None = None,
        failed: bool | None = None,
    ) -> None:
        """Put these back, see `Claim.release`."""
        how = back(delay, reason, failed=failed)
        self.settle("release", places, left=not places, **how)

    def reject(self, *places: int, reason: str) -> None:
        """Move these to the dead letters."""
        self.settle("reject", places, left=not places, reason=reason)

    def extend(self, lease: timedelta) -> None:
        """Let the lease last so long from now on."""
        lease_ms = milliseconds(lease, "lease", least=SHORTEST_LEASE)
        if not self.scripts.extend(self.claim_id, generation=self.generation, lease_ms=lease_ms):
            raise self._error(ClaimLost, "the lease ran out or another incarnation took over")

    def hand_over(
        self,
        *places: int,
        claim_id: str,
        incarnation: str = "",
        lease: timedelta,
        owner: str | None = None,
    ) -> int:
        """Give these to another claim id, in one step, and return the new claim's generation.

        From then on that claim alone may settle them. No delivery is counted. To repeat it
        changes nothing and returns the same, also when the items have been settled since; a
        newer incarnation that repeats it takes the items over, as it would by claiming.

        :raises ClaimHeld: when the other claim id holds other items.
        :raises Superseded: when a newer incarnation of the other claim id has claimed.
        """
        if claim_id == self.claim_id:
            raise BadArgument(f"claim_id {claim_id!r} is the one that holds the items")
        reply = self.scripts.hand_over(
            self.claim_id,
            generation=self.generation,
            places=_checked(places),
            to=check_words(claim_id, "claim_id"),
            incarnation=check_try(incarnation),
            lease_ms=milliseconds(lease, "lease", least=SHORTEST_LEASE),
            owner=check_words(owner, "owner") if owner is not None else this_process(),
            max_deliveries=self.max_deliveries,
        )
        if reply.status == "held":
            raise self._error(ClaimHeld, HELD.format(reply))
        if reply.status == "superseded":
            raise self._error(Superseded, NEWER.format(reply))
        if reply.status == "lost":
            raise self._error(ClaimLost, "not all of what was to be handed over is held by it")
        return reply.generation

    def settle(self, action: str, places: Sequence[int] = (), **how: Any) -> None:
        """Ack, release or reject, with all that `Scripts.settle` can be told."""
        settled = self.scripts.settle(
            self.claim_id,
            generation=self.generation,
            action=action,
            places=_checked(places),
            max_deliveries=self.max_deliveries,
            **how,
        )
        if settled.lost:
            late = f"{action} came too late, {settled.lost} of its items are not held by it"
            raise self._error(ClaimLost, late)

    def _error(self, kind: type[ClaimError], why: str) -> ClaimError:
        return kind.told(self.scripts.keys.name, self.claim_id, self.generation, why)


def back(delay: timedelta | None, reason: str | None, *, failed: bool | None) -> dict[str, Any]:
    """How a release is done."""
    return {
        "delay_ms": milliseconds(delay, "delay") if delay else 0,
        "failed": reason is not None if failed is None else failed,
        "reason": reason or "released",
    }


def _checked(places: Sequence[int]) -> list[int] | None:
    """The places in their order, each once; None for all."""
    if not places:
        return None
    return sorted({whole_number(place, "place", least=1, most=MOST) for place in places})
