"""DAGs that wait for a queue, named by the run's conf."""

from __future__ import annotations

from airflow.sdk import dag

from redis_xcom.operators import ClaimFromQueueOperator, QueueSensor

QUEUE = "{{ dag_run.conf.queue }}"


@dag(schedule=None)
def claim_deferred():
    ClaimFromQueueOperator.partial(
        task_id="claim", queue=QUEUE, limit=1, deferrable=True, timeout=90
    ).expand(slot=[1, 2])


@dag(schedule=None)
def claim_in_vain():
    ClaimFromQueueOperator.partial(
        task_id="claim", queue=QUEUE, deferrable=True, timeout=1
    ).expand_kwargs(
        [
            {"on_empty": "skip"},
            {"on_empty": "fail"},
            {"on_empty": "fail", "soft_fail": True},
        ]
    )


@dag(schedule=None)
def sensed():
    # Airflow fails a task that it has scheduled again before it saw the end of its process.
    wait = {"queue": QUEUE, "poke_interval": 3, "timeout": 90}
    QueueSensor(task_id="enough", at_least=2, deferrable=True, **wait)
    QueueSensor(task_id="rescheduled", at_least=2, mode="reschedule", **wait)
    QueueSensor(task_id="old", older_than=0.5, deferrable=True, **wait)
    QueueSensor(task_id="poked", done=True, **wait)
    impatient = wait | {"timeout": 1, "at_least": 99, "deferrable": True}
    QueueSensor(task_id="soft", soft_fail=True, **impatient)
    QueueSensor(task_id="hard", **impatient)


claim_deferred()
claim_in_vain()
sensed()
