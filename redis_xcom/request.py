"""One request for items: who asks under which terms, and the claim that comes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from redis_xcom.claim import Claim
from redis_xcom.errors import ClaimLost, Superseded
from redis_xcom.holder import Holder
from redis_xcom.intake import bury_bad, take_in
from redis_xcom.keys import Keys
from redis_xcom.replies import Claimed


def request(
    holder: Holder,
    *,
    limit: int,
    max_bytes: int,
    ack_first: bool = False,
    forward: Sequence[bytes] = (),
    forward_to: Keys | None = None,
) -> Claim:
    """Claim once; empty when nothing is ready. What is no item is rejected on the way.

    :param ack_first: ack the generation that the claimant holds, in the same step.
    """
    while True:
        asked_at = time.monotonic()
        reply = holder.scripts.claim(
            holder.claimant.claim_id,
            incarnation=holder.claimant.incarnation,
            after=holder.claimant.after,
            ack_first=ack_first,
            limit=limit,
            lease_ms=holder.lease_ms,
            owner=holder.owner,
            max_deliveries=holder.max_deliveries,
            forward=forward,
            forward_to=forward_to,
        )
        if reply.status == "again":
            ack_first, forward = False, ()
            continue
        if reply.status != "claimed":
            return _empty(holder, reply)
        intake = take_in(reply, max_bytes=max_bytes)
        if intake.bad:
            bury_bad(intake, holder.scripts, holder.claimant.claim_id, reply.generation)
        if intake.items:
            return Claim(holder, reply, intake.items, intake.places, asked_at=asked_at)
        if holder.claimant.after is not None:
            holder.claimant.after = reply.generation
        ack_first, forward = False, ()


def _empty(holder: Holder, reply: Claimed) -> Claim:
    queue, claim_id = holder.scripts.keys.name, holder.claimant.claim_id
    if reply.status == "superseded":
        raise Superseded(
            f"queue {queue!r}, claim {claim_id}: a newer incarnation, {reply.owner}, has taken it "
            "over: this one must end",
            queue=queue,
            claim_id=claim_id,
            generation=reply.generation,
        )
    if reply.status == "lost":
        raise ClaimLost(
            f"queue {queue!r}, claim {claim_id}: generation {holder.claimant.after} was not held "
            "any more: its items come again",
            queue=queue,
            claim_id=claim_id,
            generation=holder.claimant.after or 0,
        )
    return Claim(holder, reply)
