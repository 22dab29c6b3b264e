"""``@task.drain``: work a queue until it is empty, each item settled by itself."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument

from ..arguments import one_of, span, whole_number
from .decorator import decorate
from .failing import Failing
from .function import FunctionOperator
from .progress import Progress
from .tally import Tally
from .working import BatchWorker, Deadline, ItemWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow.sdk import Context
    from airflow.sdk.bases.decorator import TaskDecorator
    from redis import Redis

    from redis_xcom import Drain, Queue
    from redis_xcom.priorities import PriorityDrain

WORKERS = {"item": ItemWorker, "batch": BatchWorker}
ON_ERROR = ("release", "reject", "raise")
FAIL = ("all", "any", "never")
OTHERWISE = {"limit": "batch and max_items", "wait": "idle"}
"""What a claim takes has another name here."""


def drain_task(
    python_callable: Callable[..., Any] | None = None,
    multiple_outputs: bool | None = None,  # noqa: FBT001 - as Airflow calls every decorator
    **kwargs: Any,
) -> TaskDecorator:
    """Run a function on one item after the other until the queue is empty.

    The function's first parameter gets the payload. A parameter named ``item`` gets the `Item`
    (its id, deliveries, failures), one named ``claim`` the `Claim` that the item is of: its
    ``generation`` to fence what the function writes. With ``by="batch"`` the first parameter gets
    a list of payloads, and the function raises `FailedItems` to say which of them have failed.

    Items are claimed by the batch; one call to the server acknowledges a batch, forwards its
    results and claims the next. An item whose work raises is released, to come again after a
    while, or rejected, and does not stop the others; ``AirflowFailException`` and
    ``AirflowSkipException`` do: the item in hand goes back, and the task ends with them. A batch
    whose work raises goes back whole. So drain any number of tasks a queue together, without any
    plan. A try that dies leaves its batch to the next one.

    Returns a summary: items claimed, done, failed, rejected and forwarded, seconds, items a second.

    :param queue: name of the queue, or of several, the most urgent one first. (templated)
    :param by: what the function is given at a time: an ``item`` or a ``batch``.
    :param batch: how many items to claim at a time. (templated)
    :param on_error: where the work on an item raises, ``release`` it, to come again after a
        while, ``reject`` it to the dead letters, or ``raise``: the task fails at once.
    :param backoff: for how long, as timedelta or in seconds, a released item waits when it has
        failed first; twice as long each time after that. (templated)
    :param max_backoff: the most that it waits. (templated)
    :param fail: whether the task fails in the end: where ``all`` items failed that it worked on,
        where ``any`` did, or ``never``.
    :param max_items: end after so many. (templated)
    :param max_seconds: begin none after so long, as timedelta or in seconds; what was claimed by
        then goes back at once. (templated)
    :param idle: how long, as timedelta or in seconds, to wait for more once the queue is empty,
        occupying a worker. (templated)
    :param forward_to: a queue on the same server that gets what the function returns, unless it
        is None, together with the item's acknowledgement; of a batch each result in a list.
        (templated)
    :param lease: see `ClaimFromQueueOperator`, as for ``max_deliveries`` and ``redis_conn_id``.
        Every other argument is Airflow's own.
    """
    return decorate(DrainTaskOperator, python_callable, multiple_outputs=multiple_outputs, **kwargs)


class DrainTaskOperator(FunctionOperator):
    """The operator behind `drain_task`, which has its arguments."""

    custom_operator_name = "@task.drain"
    offered = ("item", "claim")
    template_fields: Sequence[str] = (
        *(name for name in FunctionOperator.template_fields if name not in OTHERWISE),
        "batch",
        "backoff",
        "max_backoff",
        "max_items",
        "max_seconds",
        "idle",
        "forward_to",
    )

    def __init__(
        self,
        *,
        by: str = "item",
        batch: int | str = 100,
        on_error: str = "release",
        backoff: timedelta | float | str = timedelta(seconds=10),
        max_backoff: timedelta | float | str = timedelta(hours=1),
        fail: str = "all",
        max_items: int | str | None = None,
        max_seconds: timedelta | float | str | None = None,
        idle: timedelta | float | str = 0,
        forward_to: str | None = None,
        **kwargs: Any,
    ) -> None:
        for name in OTHERWISE.keys() & kwargs.keys():
            raise BadArgument(f"@task.drain has no {name}: it has {OTHERWISE[name]}")
        super().__init__(**kwargs)
        self.by = one_of(by, "by", tuple(WORKERS))
        self.on_error = one_of(on_error, "on_error", ON_ERROR)
        self.fail = one_of(fail, "fail", FAIL)
        self.batch = batch
        self.backoff = backoff
        self.max_backoff = max_backoff
        self.max_items = max_items
        self.max_seconds = max_seconds
        self.idle = idle
        self.forward_to = forward_to
        if by == "batch" and "item" in self._wished:
            raise BadArgument("item is filled for each item: with by='batch' there is none")

    def execute(self, context: Context) -> dict[str, Any]:
        """Work the queue off, and answer a summary."""
        from redis_xcom.airflow.fate import of_each, settle_silent

        ti, work = context["ti"], self._work(context)
        self.log.info("Draining: queue %s claim %s", self.queue_name, self._claim_id(ti))
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        with closing(client):
            worker = WORKERS[self.by](
                self._drain(queue, client, ti),
                work,
                Tally(),
                self._failing(),
                self._deadline(),
                forwards=bool(self.forward_to),
                look=lambda: settle_silent(queue, ti),
                log=self.log,
            )
            with Progress(of_each(queue), worker.tally, self.log):
                worker.run()
        return self._end(worker.tally)

    def _drain(self, queue: Queue, client: Redis, ti: Any) -> Drain | PriorityDrain:
        from redis_xcom import Queue
        from redis_xcom.airflow.compat import try_id
        from redis_xcom.airflow.identity import owner

        results = self.forward_to and Queue(
            self.forward_to, client=client, prefix=self.prefix, tag=self.tag
        )
        return queue.drain(
            whole_number(self.batch, "batch"),
            lease=self._lease(),
            idle=span(self.idle, "idle"),
            max_items=None if self.max_items is None else whole_number(self.max_items, "max_items"),
            owner=owner(ti),
            claim_id=self._claim_id(ti),
            incarnation=try_id(ti),
            forward_to=results or None,
        )

    def _failing(self) -> Failing:
        backoff, longest = span(self.backoff, "backoff"), span(self.max_backoff, "max_backoff")
        return Failing(self.on_error, backoff, longest)

    def _deadline(self) -> Deadline:
        seconds = self.max_seconds
        return Deadline(None if seconds is None else span(seconds, "max_seconds"))

    def _end(self, tally: Tally) -> dict[str, Any]:
        summary = {"queue": self.queue_name, **tally.summary()}
        self.log.info("Drained: %s", ", ".join(f"{key} {value}" for key, value in summary.items()))
        if tally.fails(self.fail):
            raise RuntimeError(
                f"{tally.failed} of {tally.claimed} items of queue {', '.join(self._names)} failed"
            )
        return summary
