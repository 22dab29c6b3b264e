"""Wait for a state of a queue."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from redis_xcom.errors import BadArgument

from .arguments import span, whole_number
from .queue_operator import QueueOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from redis_xcom.airflow.condition import Condition


class QueueSensor(QueueOperator, BaseSensorOperator):
    """Wait until a queue is as asked, by one of four measures. Takes nothing.

    What it saw may be gone a moment later: to get items, claim.

    Modes, ``timeout`` and ``soft_fail`` are those of every sensor of Airflow.

    :param at_least: so many items can be claimed. A paused queue has none that can. (templated)
    :param empty: nothing is left to claim: what is claimed already, or delayed, does not count.
    :param done: all that was pushed is acknowledged, or dead.
    :param older_than: the first item in the queue was pushed longer ago than this, as timedelta or
        in seconds; what something else than redis-xcom pushed has no age. (templated)
    :param deferrable: wait in the triggerer, whatever the mode; by default as ``[operators]
        default_deferrable`` says.
    """

    template_fields: Sequence[str] = (*QueueOperator.template_fields, "at_least", "older_than")

    def __init__(
        self,
        *,
        at_least: int | str | None = None,
        empty: bool = False,
        done: bool = False,
        older_than: timedelta | float | str | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        from redis_xcom.airflow.compat import default_deferrable

        super().__init__(**kwargs)
        if sum(map(bool, (at_least, empty, done, older_than))) != 1:
            raise BadArgument("wait for one thing: at_least, empty, done or older_than")
        self.at_least = at_least
        self.empty = empty
        self.done = done
        self.older_than = older_than
        self.deferrable = default_deferrable() if deferrable is None else deferrable

    def poke(self, context: Context) -> bool:  # noqa: ARG002 (Airflow's signature)
        """Look once."""
        client, queue = self._connect()
        with closing(client):
            seen = queue.outlook()
        self.log.info("Queue %s: %s", self.queue_name, seen)
        return self._condition().holds(seen)

    def execute(self, context: Context) -> Any:
        """Look, and go on looking here or in the triggerer."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            pace = max(1.0, min(self.poke_interval, 10.0))
            self._defer_until(self._condition(), time.time() + self.timeout, pace=pace)
        return None

    def resume(self, context: Context, event: dict[str, str]) -> None:  # noqa: ARG002 (as above)
        """Pass, or fail as a sensor does whose time is up."""
        from redis_xcom.airflow.compat import sensor_timeout

        if event["status"] != "met":
            raise sensor_timeout(f"Queue {self.queue_name} was not so within {self.timeout} s")

    def _condition(self) -> Condition:
        from redis_xcom.airflow.condition import Condition

        older, least = self.older_than, self.at_least
        return Condition(
            at_least=None if least is None else whole_number(least, "at_least"),
            empty=self.empty,
            done=self.done,
            older_than=None if older is None else span(older, "older_than").total_seconds(),
        )
