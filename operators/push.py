"""Push items to a queue."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .arguments import payload_list, span, whole_number
from .ordering import ordering_keys
from .payloads import Payloads
from .queue_operator import QueueOperator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

    from redis_xcom import PushResult


REMEMBERED = timedelta(days=7)


class PushToQueueOperator(QueueOperator):
    """Push payloads to a queue, once for each time this task is meant to run.

    A retry adds nothing that an earlier try has already added, also when that try was killed after
    the push. Clearing the task once it is finished, or its finished run, means to push again, and
    so does a deleted run that is created anew: these add the payloads once more. Clearing the task
    while it runs does so, too, unless Airflow takes the end of its process for a failure. (When
    the task's ``retries`` are changed between a success and a clear, in a run that has not
    finished, the clear may be taken for a retry.) Give ``push_id`` to decide yourself what counts
    as the same push; it is remembered for a week.

    Returns how many items were pushed and how many of them were there already.

    :param queue: name of the queue. (templated)
    :param payloads: what to push, one item each: a list, another task's output, or a template
        that renders to a JSON array. Each is any JSON value. (templated)
    :param delay: how long, as timedelta or in seconds, nobody can claim the items. (templated)
    :param max_length: fail, adding nothing, where the queue would get longer. (templated)
    :param ordering_key: the field of each payload whose value is its key, or a list of keys, one
        for each payload: of the items with one key only one is claimed at a time, in the order of
        the push. None for none. (templated)
    :param max_claimed: at most so many items of the queue may be claimed at a time, by all DAGs
        together. It is kept with the queue and holds until another is said; None leaves it as it
        is. (templated)
    :param push_id: pushes with the same id add their items once; None for the rule above.
        (templated)
    """

    template_fields: Sequence[str] = (
        *QueueOperator.template_fields,
        "payloads",
        "delay",
        "max_length",
        "ordering_key",
        "max_claimed",
        "push_id",
    )

    def __init__(
        self,
        *,
        payloads: Iterable[Any] | str | XComArg,
        delay: timedelta | float | str | None = None,
        max_length: int | str | None = None,
        ordering_key: str | Sequence[str | int | None] | XComArg | None = None,
        max_claimed: int | str | None = None,
        push_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.payloads = payloads
        self.delay = delay
        self.max_length = max_length
        self.ordering_key = ordering_key
        self.max_claimed = max_claimed
        self.push_id = push_id

    def _do_render_template_fields(self, parent: Any, *how: Any, **more: Any) -> None:
        # Airflow calls this for plain and for mapped tasks, and shows what it finds afterwards.
        super()._do_render_template_fields(parent, *how, **more)
        parent.payloads = Payloads(parent.payloads)

    def execute(self, context: Context) -> dict[str, Any]:
        """Push, and answer a summary: the items themselves stay out of XCom."""
        from redis_xcom.airflow.identity import producer, push_id

        payloads = payload_list(self.payloads)
        intent = self.push_id or push_id(context)
        keys = ordering_keys(payloads, self.ordering_key)
        limit, bound = self.max_length, self.max_claimed
        client, queue = self._connect()
        with closing(client):
            if bound is not None:
                queue.limit(max_claimed=whole_number(bound, "max_claimed"))
            result = queue.push_many(
                payloads,
                push_id=intent,
                ordering_keys=keys,
                delay=None if self.delay is None else span(self.delay, "delay"),
                max_length=None if limit is None else whole_number(limit, "max_length"),
                remember=REMEMBERED,
                by=producer(context["ti"]),
            )
        self._log_push(intent, result)
        return {"queue": self.queue_name, "pushed": result.pushed, "repeated": result.repeated}

    def _log_push(self, intent: str, result: PushResult) -> None:
        self.log.info(
            "Pushed %s items to queue %s under the push id %s; %s were there already",
            result.pushed,
            self.queue_name,
            intent,
            result.repeated,
        )
