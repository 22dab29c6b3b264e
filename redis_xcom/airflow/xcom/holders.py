"""Whether whoever holds an XCom still needs it: Airflow is asked, and nobody else knows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.bounded import within_seconds
from redis_xcom.airflow.compat import states_on_server
from redis_xcom.airflow.ownership import Owner, read_owner

if TYPE_CHECKING:
    from redis_xcom.single import Single

log = logging.getLogger(__name__)

ASK_SECONDS = 5.0
UNKNOWN = "unknown"
ENDED_WITHOUT = {"failed", "upstream_failed", "skipped", "removed", UNKNOWN}
"""States of a task that will not come back for what it holds. One that succeeded keeps it; one that
goes on, or was cleared, asks again."""


def freed(single: Single, ti: Any) -> bool:
    """Give back what its holder has ended without; whether it is worth asking for it again.

    Fenced by the generation: a holder that has asked anew meanwhile is not disturbed. Where Airflow
    does not answer within seconds, or the holder is no task of it, nothing is changed.

    :param ti: the task that wants it, over whose supervisor Airflow is asked.
    """
    holder = single.holder()
    if holder is None:
        return True
    owner = read_owner(holder.claim_id, holder.incarnation)
    if owner is None or not owner.task_id:
        return False
    state = _state_of(owner, ti)
    if state not in ENDED_WITHOUT:
        return False
    reason = f"its holder is {state}"
    single.release(holder.claim_id, generation=holder.generation, reason=reason)
    log.info("Released %s, generation %d: %s", single.name, holder.generation, reason)
    return True


def _state_of(owner: Owner, ti: Any) -> str:
    """Return the state that Airflow tells within seconds, or nothing."""
    told: list[str] = []

    def ask() -> None:
        try:
            states = states_on_server(
                ti, dag_id=owner.dag_id, task_id=owner.task_id, run_ids=[owner.run_id]
            )
            told.append(states.get((owner.run_id, owner.map_index), UNKNOWN))
        except Exception:
            log.exception("Airflow does not tell what became of %s", owner)

    within_seconds(ASK_SECONDS, ask)
    return told[0] if told else ""
