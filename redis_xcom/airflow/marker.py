"""The XCom `claim`: which claim a task's work was done under.

It is pushed once the work can count as done, right before the task returns: so a success together
with the marker of a generation says that this generation's items are done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis_xcom import Claim

KEY = "claim"


def describe(claim: Claim, redis_conn_id: str) -> dict[str, Any]:
    """Return the claim's handle: small, plain JSON, good on any worker."""
    keys = claim.holder.scripts.keys
    return {
        "queue": keys.name,
        "prefix": keys.prefix,
        "tag": keys.tag,
        "redis_conn_id": redis_conn_id,
        "claim_id": claim.claim_id,
        "incarnation": claim.incarnation,
        "generation": claim.generation,
        "items": len(claim),
    }
