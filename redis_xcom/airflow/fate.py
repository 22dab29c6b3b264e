"""What becomes of claims whose owners are not heard of: Airflow is asked, then they are settled.

Only tasks that are about to claim from the same queue do this, each over its own supervisor.
Whatever cannot be asked, or not in time, stays as it is: the lease decides.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow import marker
from redis_xcom.airflow.bounded import within_seconds
from redis_xcom.airflow.compat import option, runs_that_go_on, states_on_server
from redis_xcom.airflow.identity import task_path
from redis_xcom.airflow.mention import mention
from redis_xcom.airflow.ownership import Owner, read_owner
from redis_xcom.errors import BadArgument, ClaimError, RedisXComError
from redis_xcom.outlook import QUIET
from redis_xcom.units import SHORTEST_LEASE
from redis_xcom.wording import shown

if TYPE_CHECKING:
    from redis_xcom import Priorities, Queue, SilentClaim

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Between two looks at one queue by one task."""
ASK_SECONDS = 5.0
"""How long a look may take; whoever is left then is asked for another time."""
MOST_CLAIMS = 200
RUNS_AT_ONCE = 50

GOES_ON = {
    "scheduled",
    "queued",
    "running",
    "restarting",
    "deferred",
    "awaiting_input",
    "up_for_retry",
    "up_for_reschedule",
}
"""States of a task instance that will go on, or be tried again: its claim waits for it."""
UNKNOWN = "unknown"

_looked: dict[str, float] = {}


def settle_silent(queue: Queue | Priorities, ti: Any) -> None:
    """Ask Airflow for the owners of silent claims; keep, ack or give back what they hold.

    Never raises, returns within seconds, and looks at most once in five seconds: to be called
    before each claim and while waiting for one.

    :param queue: or several, as `Priorities`.
    :param ti: the task that asks; its own claim is left alone.
    """
    for one in of_each(queue):
        _settle_silent(one, ti)


def of_each(queue: Queue | Priorities) -> Sequence[Queue]:
    """Return the queues that claims come from."""
    several: Any = getattr(queue, "queues", None)
    return several or [queue]


def _settle_silent(queue: Queue, ti: Any) -> None:
    base, now = queue.keys.base, time.monotonic()
    if now < _looked.get(base, 0.0):
        return
    _looked[base] = now + LOOK_SECONDS
    try:
        if found := _silent(queue, task_path(ti)):
            within_seconds(ASK_SECONDS, Inquiry(queue, ti, found).make)
    except RedisXComError as error:
        log.warning("Queue %s: not looked for silent claims: %s", queue.name, error)


def _silent(queue: Queue, own: str) -> dict[SilentClaim, Owner]:
    found = {
        claim: read_owner(claim.claim_id, claim.incarnation)
        for claim in queue.silent(_quiet(), limit=MOST_CLAIMS)
        if claim.claim_id != own
    }
    return {claim: owner for claim, owner in found.items() if owner}


def _quiet() -> timedelta:
    """After how long without a renewal Airflow is asked."""
    given = option("quiet", str(QUIET.total_seconds()))
    try:
        return timedelta(seconds=float(given))
    except (ValueError, OverflowError):
        raise BadArgument(f"[redis_xcom] quiet is {shown(given)}: give seconds") from None


class Inquiry:
    """One look at the silent claims of a queue."""

    def __init__(self, queue: Queue, ti: Any, claims: dict[SilentClaim, Owner]) -> None:
        self._queue = queue
        self._ti = ti
        self._claims = claims
        self._until = time.monotonic() + ASK_SECONDS

    def make(self) -> None:
        """Ask and settle, claim by claim; an error ends it and harms nobody."""
        try:
            for claim, state in self._states():
                self._settle(claim, state)
                if time.monotonic() > self._until:
                    return
        except Exception:
            log.exception("Queue %s: silent claims are left to their leases", self._queue.name)

    def _states(self) -> Iterator[tuple[SilentClaim, str]]:
        alike: dict[tuple[str, str], dict[SilentClaim, Owner]] = defaultdict(dict)
        for claim, owner in self._claims.items():
            alike[owner.dag_id, owner.task_id][claim] = owner
        for (dag_id, task_id), claims in alike.items():
            yield from self._states_of(dag_id, task_id, claims)

    def _states_of(
        self, dag_id: str, task_id: str, claims: dict[SilentClaim, Owner]
    ) -> Iterator[tuple[SilentClaim, str]]:
        run_ids = sorted({owner.run_id for owner in claims.values()})
        otherwise = UNKNOWN if task_id else "ended, or unknown"
        for at in range(0, len(run_ids), RUNS_AT_ONCE):
            some = run_ids[at : at + RUNS_AT_ONCE]
            states = self._ask(dag_id, task_id, some)
            for claim, owner in claims.items():
                if owner.run_id in some:
                    yield claim, states.get((owner.run_id, owner.map_index), otherwise)

    def _ask(self, dag_id: str, task_id: str, run_ids: list[str]) -> dict[tuple[str, int], str]:
        """Of the runs themselves where there is no task."""
        if task_id:
            return states_on_server(self._ti, dag_id=dag_id, task_id=task_id, run_ids=run_ids)
        going_on = runs_that_go_on(self._ti, dag_id, run_ids)
        return {(run_id, -1): "running" for run_id in going_on}

    def _settle(self, claim: SilentClaim, state: str) -> None:
        """As the owner would do it; fenced, so that it is too late once somebody else has it."""
        owner = self._claims[claim]
        try:
            if state in GOES_ON:
                self._keep(claim, bounded=owner.bounded)
            elif state == "success" and marker.proves(self._ti, owner, claim.generation):
                self._handle(claim).ack()
                self._tell("Acknowledged for", claim, state)
            else:
                failed = state == "failed"
                self._handle(claim).release(reason=f"its owner is {state}", failed=failed)
                self._tell("Given back for", claim, state)
        except ClaimError as error:
            log.info("Somebody was faster: %s", error)

    def _keep(self, claim: SilentClaim, *, bounded: bool) -> None:
        lease = claim.lease - claim.silent_for if bounded else claim.lease
        if lease >= SHORTEST_LEASE:
            self._handle(claim).extend(lease)

    def _handle(self, claim: SilentClaim) -> Any:
        return self._queue.handle(claim.claim_id, claim.generation)

    def _tell(self, what: str, claim: SilentClaim, state: str) -> None:
        log.info(
            "%s a claimant that is silent for %.0f s and whose state is %s: %s",
            what,
            claim.silent_for.total_seconds(),
            state,
            mention(self._queue.name, claim, claim.held),
        )
