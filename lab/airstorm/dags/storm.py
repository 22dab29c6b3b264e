"""Producers and consumers of every kind on the queue `storm`; runs are shaped by their conf."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from lab.airstorm.labour import linger, telling_refusal, work
from lab.airstorm.names import QUEUE, RESULTS, TAG
from lab.airstorm.sink import Sink
from redis_xcom.airflow.compat import try_id
from redis_xcom.airflow.connection import get_server
from redis_xcom.airflow.fate import settle_silent
from redis_xcom.airflow.identity import task_path
from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator

TRIES = {"retries": 6, "retry_delay": timedelta(seconds=1)}
ON_QUEUE = {"queue": QUEUE, "tag": TAG}
CLAIMING = ON_QUEUE | TRIES | {"lease": "{{ dag_run.conf.lease }}", "on_empty": "return"}
DEFERRED_FOR = timedelta(seconds=1)
DEFERRED_AT_MOST = timedelta(minutes=5)


def me() -> Any:
    return get_current_context()["ti"]


def conf() -> dict[str, Any]:
    return get_current_context()["dag_run"].conf


def lease() -> timedelta:
    return timedelta(seconds=conf()["lease"])


def linger_after(context: Any, result: Any = None) -> None:  # noqa: ARG001 (Airflow names them)
    """Leave time for a strike between what the task did and its success."""
    linger(task_path(context["ti"]))


class WorkingClaim(ClaimFromQueueOperator):
    """Works on what it claims before it succeeds; defers first when the run says so.

    :param fails: after its work, `once`, `for good`, or not.
    """

    def __init__(self, *, fails: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fails = fails

    def execute(self, context: Any) -> Any:
        if conf().get("defer"):
            self.defer(
                trigger=DateTimeTrigger(moment=datetime.now(timezone.utc) + DEFERRED_FOR),
                method_name="claim_now",
                timeout=DEFERRED_AT_MOST,
            )
        return super().execute(context)

    def claim_now(self, context: Any, event: Any = None) -> Any:  # noqa: ARG002 (Airflow gives it)
        return super().execute(context)

    def _hold(self, client: Any, claim: Any, ti: Any) -> None:
        super()._hold(client, claim, ti)
        work(claim, task_path(ti))
        if self.fails == "for good":
            raise AirflowFailException("planted")
        if self.fails == "once" and ti.try_number == 1:
            raise RuntimeError("planted")


def of_slot(name: str) -> str:
    """A template: what the run's conf says of the slot that a mapped task is."""
    return f"{{{{ dag_run.conf.slots[ti.map_index].get('{name}', 0) }}}}"


@task
def told(name: str) -> Any:
    """A part of the run's conf, to be mapped over."""
    return conf()[name]


@dag(schedule=None)
def storm_push() -> None:
    PushToQueueOperator.partial(
        task_id="push", post_execute=linger_after, **ON_QUEUE, **TRIES
    ).expand(payloads=told("chunks"))


@dag(schedule=None)
def storm_claim() -> None:
    """Claims that work inside; acked when they succeed."""
    WorkingClaim.partial(task_id="claim", **CLAIMING).expand_kwargs(told("slots"))


@dag(schedule=None)
def storm_handle() -> None:
    """Claims that hand their payloads on to tasks of their own."""
    claim = ClaimFromQueueOperator.partial(
        task_id="claim", post_execute=linger_after, **CLAIMING
    ).expand_kwargs(told("slots"))

    # By the default rule one slot's failure would leave what the others have acked unhandled.
    @task(trigger_rule=TriggerRule.ALL_DONE, **TRIES)
    def handle(orders: Any) -> None:
        Sink().handle([order["n"] for order in orders], f"{me().dag_id}/{me().run_id}")

    handle.expand(orders=claim.output)


@dag(schedule=None)
def storm_inside() -> None:
    """Claims by hand under the task's own id, acked item by item."""

    @task(**TRIES)
    def settle(slot: dict[str, int]) -> None:
        sink, path = Sink(), task_path(me())
        who = {"claim_id": path, "incarnation": try_id(me())}
        client, queue = get_server("redis_default").open(QUEUE, tag=TAG)
        with closing(client):
            settle_silent(queue, me())
            with queue.claim(slot["limit"], lease=lease(), **who) as claim:
                work(claim, path)
                for item in claim.items:
                    with telling_refusal(sink, claim, "ack"):
                        claim.ack(item)

    settle.expand(slot=told("slots"))


@dag(schedule=None)
def storm_drain() -> None:
    """Drains with a result for each item, forwarded in the step that acks it."""

    @task.drain(
        by="batch",
        batch=of_slot("batch"),
        max_items=of_slot("limit"),
        idle=of_slot("idle"),
        lease="{{ dag_run.conf.lease }}",
        forward_to=RESULTS,
        **ON_QUEUE,
        **TRIES,
    )
    def drain(orders: Any, slot: dict[str, int], claim: Any) -> Any:  # noqa: ARG001 (mapped over)
        linger(task_path(me()))
        Sink().write([item.id for item in claim.items], claim.generation, claim.claim_id)
        return [{"of": order["n"]} for order in orders]

    drain.expand(slot=told("slots"))


storm_push()
storm_claim()
storm_handle()
storm_inside()
storm_drain()
