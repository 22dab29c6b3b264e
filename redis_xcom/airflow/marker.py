"""The XCom `claim`: which claim a task's work was done under.

It is pushed once the work can count as done, right before the task returns: so a success together
with the marker of a generation says that this generation's items are done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis_xcom import Claim
    from redis_xcom.airflow.ownership import Owner

KEY = "claim"
RETURNS = "returns"
OUTPUT = "return_value"


def push(ti: Any, claim: Claim, redis_conn_id: str, *, returns: bool) -> None:
    """Push it: all that is missing of the work is its output's XCom, if it `returns` one."""
    ti.xcom_push(KEY, describe(claim, redis_conn_id) | {RETURNS: returns})


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


def proves(ti: Any, owner: Owner, generation: int) -> bool:
    """Whether the owner, which has succeeded, has done the work of this very generation.

    Marked successful by hand it need not have: then nothing says so, or not its output's XCom.

    :param ti: the task that asks.
    """
    told = _pull(ti, owner, KEY)
    if not isinstance(told, dict) or told.get("generation") != generation:
        return False
    return not told.get(RETURNS) or _pull(ti, owner, OUTPUT) is not None


def _pull(ti: Any, owner: Owner, key: str) -> Any:
    return ti.xcom_pull(
        key=key,
        task_ids=owner.task_id,
        dag_id=owner.dag_id,
        run_id=owner.run_id,
        map_indexes=owner.map_index,
    )
