"""XComs that one consumer alone gets."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.coordinate import RETURN_VALUE, Coordinate, raw
from redis_xcom.airflow.xcom.reference import Reference
from redis_xcom.airflow.xcom.singles import get_single_server, open_single, single_name
from redis_xcom.errors import AlreadyClaimed, RedisXComError, XComExpired

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from airflow.sdk import Context

    from redis_xcom.airflow.connection import RedisServer
    from redis_xcom.single import Single, SingleClaim

log = logging.getLogger(__name__)

MOST_HOLDERS = 3
"""So many holders in turn may turn out to have ended, while one consumer asks."""


def claim_xcom(
    key: str = RETURN_VALUE,
    consumer_id: str | None = None,
    *,
    task_ids: str,
    dag_id: str | None = None,
    run_id: str | None = None,
    map_index: int = -1,
    lease: timedelta | None = None,
    context: Context | None = None,
) -> Any:
    """Return the value of an XCom that nobody else gets.

    The first consumer that asks has it, and has it again whenever it asks; every other one is told
    who that is. By default the consumer is this task: its retries have the value, too, it keeps it
    once it has succeeded, and gives it back when it fails for good or is skipped. What is claimed
    is the XCom's place: run anew, the other task pushes there what the same consumer has.

    :param consumer_id: another name under which to claim, for consumers that are no single task:
        it has the value until `release_xcom`, and nobody asks what became of it.
    :param task_ids: the task that has pushed it.
    :param dag_id: of that task; by default this one.
    :param run_id: of that task; by default this one.
    :param map_index: of that task, where it is mapped.
    :param lease: the claim ends so long after the consumer asked last; None for when the value
        expires, `[redis_xcom] xcom_ttl` after the first one asked where it does not.
    :param context: the task's; by default the current one.
    :raises AlreadyClaimed: naming who has it.
    :raises Superseded: when a newer try of this task has claimed it.
    :raises NotForYou: when it is aimed at others.
    :raises XComError: when there is no such XCom, or its value cannot be had.
    """
    ti = _task_instance(context)
    coordinate = Coordinate(dag_id or ti.dag_id, run_id or ti.run_id, task_ids, map_index, key)
    return Exclusive(coordinate, Consumer.of(ti, consumer_id)).claim(lease)


def release_xcom(
    key: str = RETURN_VALUE,
    consumer_id: str | None = None,
    *,
    task_ids: str,
    dag_id: str | None = None,
    run_id: str | None = None,
    map_index: int = -1,
    context: Context | None = None,
) -> bool:
    """Give an XCom back: the next consumer that asks has it. See `claim_xcom`.

    :return: False where it is not this consumer's.
    """
    ti = _task_instance(context)
    coordinate = Coordinate(dag_id or ti.dag_id, run_id or ti.run_id, task_ids, map_index, key)
    return Exclusive(coordinate, Consumer.of(ti, consumer_id)).release()


@dataclass(frozen=True)
class Consumer:
    """Who claims.

    :param ti: the task that asks.
    :param incarnation: its try; empty for a consumer that was given a name.
    """

    claim_id: str
    ti: Any
    incarnation: str = ""

    @classmethod
    def of(cls, ti: Any, name: str | None = None) -> Consumer:
        """Return the task, or whoever has this name."""
        from redis_xcom.airflow.compat import try_id
        from redis_xcom.airflow.identity import task_path

        return cls(task_path(ti), ti, try_id(ti)) if name is None else cls(name, ti)


class Exclusive:
    """An XCom as one consumer sees it."""

    def __init__(self, coordinate: Coordinate, consumer: Consumer) -> None:
        self._coordinate = coordinate
        self._consumer = consumer
        self._name = single_name(coordinate)

    @cached_property
    def _server(self) -> RedisServer:
        return get_single_server()

    def claim(self, lease: timedelta | None = None) -> Any:
        """Return the value; see `claim_xcom`."""
        row = raw(self._coordinate)
        reference = Reference.read(row)
        if reference is not None:
            self._check(reference)
        claim = self._claimed(_time_left(reference), lease)
        self._hold(claim)
        try:
            return self._value(row)
        except BaseException:
            if not claim.again:  # or the value was had before, by this try or an earlier one
                self._let_go()
            raise

    def release(self) -> bool:
        """Give it back; see `release_xcom`."""
        from redis_xcom.airflow.held import let_go_of_xcom

        with self._single() as single:
            given = single.release(self._consumer.claim_id, incarnation=self._consumer.incarnation)
        let_go_of_xcom(self._consumer.incarnation, self._name)
        return given

    def _check(self, reference: Reference) -> None:
        """Who may not have it, or could not, claims nothing."""
        from redis_xcom.airflow.xcom.audience import check

        if reference.to:
            check(reference.to, str(self._coordinate), reference.dag_id)
        reference.check_time()

    def _value(self, row: Any) -> Any:
        from redis_xcom.airflow.xcom.reading import value_of

        return value_of(row)

    def _claimed(self, ttl: timedelta | None, lease: timedelta | None) -> SingleClaim:
        with self._single() as single:
            single.offer(asdict(self._coordinate), ttl=ttl)
            claim = self._first(single, lease)
        if claim is None:
            raise XComExpired(f"{self._coordinate}: its time was over while it was claimed")
        again = ", from an earlier try" if claim.taken_over else ""
        log.info("Claimed %s%s, generation %d", self._coordinate, again, claim.generation)
        return claim

    def _first(self, single: Single, lease: timedelta | None) -> SingleClaim | None:
        """Claim it, from whoever has ended without it if need be."""
        from redis_xcom.airflow.identity import owner
        from redis_xcom.airflow.xcom.holders import freed

        who = {"incarnation": self._consumer.incarnation, "owner": owner(self._consumer.ti)}
        for _ in range(MOST_HOLDERS):
            try:
                return single.claim(self._consumer.claim_id, lease=lease, **who)
            except AlreadyClaimed:
                if not freed(single, self._consumer.ti):
                    raise
        return single.claim(self._consumer.claim_id, lease=lease, **who)

    def _hold(self, claim: SingleClaim) -> None:
        """Have the listener give it back when this task fails for good."""
        if not claim.incarnation:
            return
        from redis_xcom.airflow import listener
        from redis_xcom.airflow.compat import add_listener
        from redis_xcom.airflow.held import HeldXCom, hold_xcom

        add_listener(listener)
        held = HeldXCom(
            server=self._server,
            single=self._name,
            claim_id=claim.claim_id,
            generation=claim.generation,
            words=str(self._coordinate),
        )
        hold_xcom(claim.incarnation, held)

    def _let_go(self) -> None:
        """Release it while an error is under way, which goes first."""
        try:
            self.release()
        except RedisXComError as second:
            log.warning("Not released, %s: %s", self._coordinate, second)

    def _single(self) -> AbstractContextManager[Single]:
        return open_single(self._server, self._name, what=str(self._coordinate))


def _task_instance(context: Context | None) -> Any:
    from airflow.sdk import get_current_context

    return (get_current_context() if context is None else context)["ti"]


def _time_left(reference: Reference | None) -> timedelta | None:
    """How long a claim lasts: as the value, or as values usually do; None for ever."""
    from redis_xcom.airflow.xcom.settings import default_ttl
    from redis_xcom.single import LONGEST, SHORTEST

    if reference is None or reference.uri is None:
        ttl = default_ttl()
    elif reference.expires is None:
        return None
    else:
        ttl = max(SHORTEST, reference.expires - datetime.now(timezone.utc))
    return ttl if ttl and ttl <= LONGEST else None
