"""Every operator and decorator at work on payloads that nobody may see; each task has a queue."""

from __future__ import annotations

from airflow.sdk import dag, task

from redis_xcom.operators import (
    AckClaimOperator,
    ClaimFromQueueOperator,
    PushToQueueOperator,
    QueueSensor,
    ReleaseClaimOperator,
    TriggerDagRunPerItemOperator,
)

QUEUE = "{{ dag_run.conf.queue }}"


def fail(context, result=None):
    raise RuntimeError("planted")


@dag(schedule=None)
def visible():
    push = PushToQueueOperator(
        task_id="push", queue=QUEUE, payloads="{{ dag_run.conf.payloads | tojson }}"
    )
    push_mapped = PushToQueueOperator.partial(task_id="push_mapped", queue=QUEUE).expand(
        payloads=[[{"card": "4111-1111"}] * 3]
    )
    some = {"queue": QUEUE, "limit": 1}
    wait = QueueSensor(task_id="wait", queue=QUEUE, at_least=1, timeout=30, poke_interval=1)
    claim = ClaimFromQueueOperator(task_id="claim", **some)
    fails = ClaimFromQueueOperator(task_id="claim_fails", post_execute=fail, **some)
    manual = ClaimFromQueueOperator(task_id="claim_manual", ack="manual", **some)
    handles = ClaimFromQueueOperator(
        task_id="claim_handles", ack="manual", returns="handles", **some
    )
    runs = TriggerDagRunPerItemOperator(task_id="start", trigger_dag_id="visible_child", **some)
    worked = work()
    push >> push_mapped >> [wait, claim, fails, manual, handles, runs, worked]

    look_at.expand(order=handles.output)
    ack = AckClaimOperator(task_id="ack", claim=manual.handle)
    ReleaseClaimOperator(task_id="release", claim=manual.handle) << ack
    [wait, claim, fails, runs, worked] >> drain()


@task.claim(queue=QUEUE, limit=1, retries=1, retry_delay=1)
def work(orders, *, ti):
    if ti.try_number == 1:
        raise ValueError("planted")


@task.claimed
def look_at(order):
    assert order["card"]


@task.drain(queue=QUEUE, on_error="reject", trigger_rule="all_done", forward_to=f"{QUEUE}-done")
def drain(order, item):
    if item.deliveries > 1:
        raise ValueError("planted")
    return order


@dag(schedule=None)
def visible_child():
    look_at()


visible()
visible_child()
