"""Two DAGs that wait without a worker: one for tickets to answer, one until all are answered.

`answer_tickets` waits up to an hour for the first tickets and takes at most ten. `close_the_day`
waits until nothing is left of the queue: nothing ready, delayed or in anybody's hands.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from redis_xcom.operators import ClaimFromQueueOperator, QueueSensor


@dag(schedule=None)
def answer_tickets() -> None:
    claim = ClaimFromQueueOperator(
        task_id="claim",
        queue="tickets",
        limit=10,
        deferrable=True,
        timeout=timedelta(hours=1),
        on_empty="skip",
    )

    @task
    def answer(ticket: dict) -> str:
        return f"answered {ticket['from']}"

    answer.expand(ticket=claim.output)


@dag(schedule=None)
def close_the_day() -> None:
    answered = QueueSensor(task_id="all_answered", queue="tickets", done=True, deferrable=True)

    @task
    def report() -> str:
        return "all tickets are answered"

    answered >> report()


answer_tickets()
close_the_day()
