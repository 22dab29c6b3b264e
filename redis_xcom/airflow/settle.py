"""What happens to a claim when its task succeeds, fails or is tried again."""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.bounded import within_seconds
from redis_xcom.airflow.compat import state_on_server
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.airflow.fate import GOES_ON
from redis_xcom.airflow.mention import mention
from redis_xcom.errors import ClaimError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from redis_xcom.airflow.held import HeldClaim

    Settlement: TypeAlias = Callable[[Any, HeldClaim], None]

log = logging.getLogger(__name__)

ONE_DAY = timedelta(days=1)

SETTLE_SECONDS = 10.0
"""Below `[core] task_success_overtime`, 20 s, after which Airflow ends the process."""


def within_bounds(settlement: Settlement, ti: Any, claims: list[HeldClaim]) -> None:
    """Settle every claim, and return after ten seconds at the latest whatever Redis does."""
    settle_all = partial(_settle_all, settlement, ti, claims)
    if not within_seconds(SETTLE_SECONDS, settle_all):
        log.error(
            "Claims of %s were not settled within %s s: their items come back when the leases end",
            _names(claims),
            SETTLE_SECONDS,
        )


def acknowledge(ti: Any, held: HeldClaim) -> None:
    """Acknowledge, unless the server does not know of the success.

    Then the items wait for the task's next try, or go back where there will be none.
    """
    state = state_on_server(ti)
    if state == "success":
        held.claim.ack()
        _log_settled("Acknowledged", held)
        return
    log.warning(
        "Not acknowledging queue %s claim %s: the task ended well, but its state is %s",
        held.queue,
        held.claim.claim_id,
        state,
    )
    if state not in GOES_ON:
        give_back(ti, held)


def after_failure(ti: Any, error: object) -> Settlement:
    """Choose what befalls the claims of a task that has not succeeded."""
    if isinstance(error, TaskEnded):
        return after_end
    retried = getattr(ti.state, "value", ti.state) == "up_for_retry"
    return keep_for_retry if retried else release


def after_end(ti: Any, held: HeldClaim) -> None:
    """Give the items back at once, unless only this task's next try can work on them."""
    if held.handed and state_on_server(ti) in GOES_ON:
        keep_for_retry(ti, held)
    else:
        give_back(ti, held)


def release(_ti: Any, held: HeldClaim) -> None:
    """Give the items back to the queue at once, a failure counted."""
    held.claim.release(reason="its task failed for good")
    _log_settled("Released", held)


def give_back(_ti: Any, held: HeldClaim) -> None:
    """Give the items back to the queue at once: nobody has failed."""
    held.claim.release()
    _log_settled("Given back", held)


def keep_for_retry(ti: Any, held: HeldClaim) -> None:
    """Begin a fresh lease that outlasts the task's retry delay."""
    held.claim.extend(held.lease + _longest_retry_delay(ti))
    _log_settled("Kept for the next try", held)


def _longest_retry_delay(ti: Any) -> timedelta:
    task = ti.task
    delay: timedelta = task.retry_delay
    if growth := float(task.retry_exponential_backoff):  # a flag before Airflow 3.2
        # Airflow adds up to as much again, so that tasks which failed together return apart.
        seconds = 2 * delay.total_seconds() * max(growth, 2.0) ** min(ti.try_number - 1, 30)
        longest: timedelta = task.max_retry_delay or ONE_DAY
        delay = timedelta(seconds=min(seconds, longest.total_seconds()))
    return delay


def _settle_all(settlement: Settlement, ti: Any, claims: list[HeldClaim]) -> None:
    for held in claims:
        with closing(held.client):
            _settle(settlement, ti, held)


def _settle(settlement: Settlement, ti: Any, held: HeldClaim) -> None:
    held.claim.stop_keep_alive()
    try:
        settlement(ti, held)
    except ClaimError as error:
        log.warning("Not settled: %s", error)
    except Exception:
        log.exception(
            "Queue %s claim %s is not settled: its items come back when the lease ends",
            held.queue,
            held.claim.claim_id,
        )


def _log_settled(what: str, held: HeldClaim) -> None:
    log.info("%s: %s", what, mention(held.queue, held.claim, len(held.claim.items)))


def _names(claims: list[HeldClaim]) -> str:
    return ", ".join(f"{held.queue}/{held.claim.claim_id}" for held in claims)
