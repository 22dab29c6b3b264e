"""Parcels are claimed by one task, sent by a second, and acknowledged by a third.

Whatever is not acknowledged by the end of the run goes back to the queue at once: that is what the
teardown is for.
"""

from airflow.sdk import dag, task

from redis_xcom.operators import AckClaimOperator, ClaimFromQueueOperator, ReleaseClaimOperator


@dag(schedule=None)
def settle_across_tasks() -> None:
    @task
    def send(parcels: list[dict]) -> int:
        if homeless := [parcel for parcel in parcels if not parcel["address"]]:
            raise ValueError(f"{len(homeless)} parcels have no address")
        return len(parcels)

    claim = ClaimFromQueueOperator(task_id="claim", queue="parcels", limit=50, ack="manual")
    done = AckClaimOperator(task_id="done", claim=claim.handle)
    back = ReleaseClaimOperator(task_id="back", claim=claim.handle, reason="could not be sent")

    send(claim.output) >> done >> back.as_teardown(setups=claim)


settle_across_tasks()
