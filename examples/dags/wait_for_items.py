"""Two DAGs that wait without a worker: one for parcels to send, one until all have been sent.

`send_parcels` waits up to an hour for the first parcels and takes at most ten. `close_the_day`
waits until nothing is left of the queue: nothing ready, delayed or in anybody's hands.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from redis_xcom.operators import ClaimFromQueueOperator, QueueSensor


@dag(schedule=None)
def send_parcels() -> None:
    claim = ClaimFromQueueOperator(
        task_id="claim",
        queue="parcels",
        limit=10,
        deferrable=True,
        timeout=timedelta(hours=1),
        on_empty="skip",
    )

    @task
    def send(parcel: dict) -> str:
        return f"sent to {parcel['to']}"

    send.expand(parcel=claim.output)


@dag(schedule=None)
def close_the_day() -> None:
    sent = QueueSensor(task_id="all_sent", queue="parcels", done=True, deferrable=True)

    @task
    def report() -> str:
        return "all parcels are on their way"

    sent >> report()


send_parcels()
close_the_day()
