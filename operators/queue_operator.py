"""What every operator on a queue has in common: which queue, on which server."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator

from redis_xcom.errors import BadArgument

from .links import QueueLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk.definitions.mappedoperator import OperatorPartial
    from redis import Redis

    from redis_xcom import Queue
    from redis_xcom.airflow.condition import Condition

GRACE = timedelta(minutes=1)
"""Airflow ends a deferral that its trigger has not ended by then."""


class QueueOperator(BaseOperator):
    """Base of the operators that work on one queue.

    Airflow's own argument ``queue`` says which workers of a Celery executor run a task. Here it
    names the queue in Redis, and ``default_args`` choose the workers. Where one task must choose
    them, or is mapped over queues, ``queue_name`` names the queue in Redis and ``queue`` has
    Airflow's meaning.

    :param queue: name of the queue in Redis. (templated)
    :param queue_name: the same, and ``queue`` chooses the workers. (templated)
    :param redis_conn_id: Airflow connection of the type ``redis``. (templated)
    :param prefix: what the queue's keys in Redis begin with.
    :param tag: hash tag that the queue shares with others; None for one of its own.
    """

    template_fields: Sequence[str] = ("queue_name", "redis_conn_id")
    operator_extra_links = (QueueLink(),)

    def __init__(
        self,
        *,
        queue: str | Sequence[str],
        queue_name: str | Sequence[str] | None = None,
        redis_conn_id: str = "redis_default",
        prefix: str = "xcom",
        tag: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Without a default: Airflow takes that of `queue` for the workers of mapped tasks.
        if queue_name is None:
            super().__init__(**kwargs)
        else:
            super().__init__(queue=str(queue), **kwargs)
        self.queue_name: str | Sequence[str] = queue if queue_name is None else queue_name
        self.redis_conn_id = redis_conn_id
        self.prefix = prefix
        self.tag = tag

    @classmethod
    def partial(
        cls,
        *,
        queue: str | Sequence[str] | None = None,
        queue_name: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> OperatorPartial:
        """Begin to map. A mapped task keeps ``queue`` for the scheduler: ours goes another way."""
        names: dict[str, Any] = {"queue": queue, "queue_name": queue_name}
        if queue_name is None:
            names = {"queue_name": queue}
        given = {name: value for name, value in names.items() if value is not None}
        return super().partial(**given, **kwargs)

    @property
    def _names(self) -> list[str]:
        return [self.queue_name] if isinstance(self.queue_name, str) else list(self.queue_name)

    def _connect(self, *, max_deliveries: int | None = None) -> tuple[Redis, Queue]:
        """Return the queue, and its client to be closed by the caller."""
        from redis_xcom.airflow.connection import get_server

        server = get_server(self.redis_conn_id)
        self.log.info("Queue %s on %s", ", ".join(self._names), server.url)
        client = server.connect()
        terms = {"prefix": self.prefix, "tag": self.tag, "max_deliveries": max_deliveries}
        return client, self._joined([server.queue(client, name, **terms) for name in self._names])

    def _defer_until(
        self,
        condition: Condition,
        until: float,
        *,
        kwargs: dict[str, Any] | None = None,
        **pace: float,
    ) -> NoReturn:
        """Give the worker back until the condition holds or time is up; `resume` goes on.

        :param until: when time is up, in seconds since 1970.
        """
        from redis_xcom.airflow.triggers import QueueTrigger

        trigger = QueueTrigger(
            queues=self._names,
            condition=condition.serialize(),
            until=until,
            redis_conn_id=self.redis_conn_id,
            prefix=self.prefix,
            tag=self.tag,
            **pace,
        )
        longest = timedelta(seconds=until - time.time()) + GRACE
        self.defer(trigger=trigger, method_name="resume", kwargs=kwargs, timeout=longest)

    def _joined(self, queues: list[Queue]) -> Any:
        """Return the one queue that all is about, or what stands for several."""
        if len(queues) != 1:
            raise BadArgument(f"queue names {len(queues)} queues: this operator works on one")
        return queues[0]
