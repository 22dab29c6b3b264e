"""What waits for a queue in the triggerer. It only looks: two of them at once do no harm."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent

from redis_xcom.aio import Lookout
from redis_xcom.airflow.condition import Condition
from redis_xcom.airflow.connection import get_server_async
from redis_xcom.airflow.identity import in_front
from redis_xcom.airflow.patrol import Patrol, shared_client
from redis_xcom.keys import Keys
from redis_xcom.watch import Watch

PACE = 1.0
WHERE = ("redis_conn_id", "prefix", "tag")


@asynccontextmanager
async def patrol(
    redis_conn_id: str, queues: Sequence[Keys], pace: float
) -> AsyncIterator[tuple[Patrol, list[Lookout]]]:
    """Connect, for as long as a trigger runs."""
    async with shared_client(await get_server_async(redis_conn_id)) as shared:
        yield Patrol(shared, pace=pace), [Lookout(shared.client, keys) for keys in queues]


class QueueTrigger(BaseTrigger):
    """Fires once: ``met`` when a queue is as asked, ``over`` when time is up.

    A server that is away is waited for until then.

    :param queues: their names; any of them may be as asked.
    :param condition: `Condition.serialize()`.
    :param until: when time is up, in seconds since 1970.
    :param rest: seconds before it looks for the first time.
    :param pace: seconds between two looks.
    """

    def __init__(
        self,
        *,
        queues: list[str],
        condition: dict[str, Any],
        until: float,
        redis_conn_id: str = "redis_default",
        prefix: str = "xcom",
        tag: str | None = None,
        rest: float = 0.0,
        pace: float = PACE,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.queues = queues
        self.condition = condition
        self.until = until
        self.redis_conn_id = redis_conn_id
        self.prefix = prefix
        self.tag = tag
        self.rest = rest
        self.pace = pace

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and what it was made of."""
        what = ("queues", "condition", "until", "rest")
        return _path(self), _named(self, *what, *WHERE, "pace")

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until the condition holds or time is up."""
        await asyncio.sleep(min(self.rest, self._left()))
        keys = [Keys(name, self.prefix, self.tag) for name in self.queues]
        async with patrol(self.redis_conn_id, keys, self.pace) as (watchman, lookouts):
            while not await self._is_met(watchman, lookouts):
                if self._left() <= 0:
                    yield _event(status="over")
                    return
                await watchman.rest()
        yield _event(status="met")

    async def _is_met(self, watchman: Patrol, lookouts: Sequence[Lookout]) -> bool:
        condition = Condition(**self.condition)
        for lookout in lookouts:
            seen = await watchman.ask(lookout.outlook)
            if seen is not None and condition.holds(seen):
                return True
        return False

    def _left(self) -> float:
        return max(0.0, self.until - time.time())


class QueueEventTrigger(BaseEventTrigger):
    """Tells an asset, again and again, that somebody is wanted at a queue. Takes nothing.

    It speaks when items can be claimed, or a claimant is not heard of any more, while fewer than
    ``workers`` claims are live, and not again before ``every`` has passed. So the work goes on
    until the queue is empty, whatever becomes of a single event or run, and the number of runs is
    bounded by the time it takes. The run claims or drains; it finds no items in the event.

    :param queue_name: name of the queue.
    :param every: seconds, or a timedelta, between two events: longer than it takes from an event
        to the claim of its run.
    :param workers: how many claimants shall be at work at once.
    :param per: how many items are worth one of them: 100, and 250 items call three.
    :param name: triggers of one name speak as one, in any triggerer. By default all that are
        configured alike, of one ``[redis_xcom] deployment``.
    :param redis_conn_id: Airflow connection of the type ``redis``.
    :param prefix: what the queue's keys in Redis begin with.
    :param tag: hash tag that the queue shares with others; None for one of its own.
    :param pace: seconds between two looks.
    """

    def __init__(
        self,
        *,
        queue_name: str,
        every: timedelta | float = 30.0,
        workers: int = 1,
        per: int = 1,
        name: str | None = None,
        redis_conn_id: str = "redis_default",
        prefix: str = "xcom",
        tag: str | None = None,
        pace: float = PACE,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.queue_name = queue_name
        self.every = every.total_seconds() if isinstance(every, timedelta) else float(every)
        self.workers = workers
        self.per = per
        self.name = name
        self.redis_conn_id = redis_conn_id
        self.prefix = prefix
        self.tag = tag
        self.pace = pace
        self.watch()  # a mistake is told where the DAG is parsed

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and what it was made of."""
        return _path(self), self._settings() | _named(self, "name", "pace")

    def watch(self) -> Watch:
        """Return the terms under which it speaks."""
        Keys(self.queue_name, self.prefix, self.tag)
        every = timedelta(seconds=self.every)
        return Watch(self.name or self._own_name(), every, workers=self.workers, per=self.per)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look for ever, and speak whenever the queue's state on the server says so."""
        keys, watch = Keys(self.queue_name, self.prefix, self.tag), self.watch()
        async with patrol(self.redis_conn_id, [keys], self.pace) as (watchman, (lookout,)):
            while True:
                seen = await watchman.ask(lambda: lookout.wake(watch))
                if seen is not None:
                    yield _event(
                        queue=self.queue_name, available=seen.available, claims=seen.claims
                    )
                await watchman.rest()

    def _settings(self) -> dict[str, Any]:
        return _named(self, "queue_name", "every", "workers", "per", *WHERE)

    def _own_name(self) -> str:
        settings = json.dumps(self._settings()).encode()
        return f"{in_front()}airflow-{hashlib.sha256(settings).hexdigest()[:12]}"


def _path(trigger: BaseTrigger) -> str:
    return f"{__name__}.{type(trigger).__name__}"


def _named(trigger: BaseTrigger, *names: str) -> dict[str, Any]:
    return {name: getattr(trigger, name) for name in names}


def _event(**told: str | int) -> TriggerEvent:
    return TriggerEvent(told)  # type: ignore[no-untyped-call]
