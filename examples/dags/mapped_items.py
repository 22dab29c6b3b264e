"""Each invoice is booked by a task of its own, and its fate is that task's fate.

The claiming task hands on handles, so no invoice ever lies in XCom. An invoice whose task succeeds
is acknowledged; one whose task fails for good goes back to the queue, the others are not touched.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from redis_xcom.operators import ClaimFromQueueOperator


@dag(schedule=None)
def mapped_items() -> None:
    @task.claimed(retries=1, retry_delay=timedelta(seconds=1))
    def book(invoice: dict) -> float:
        if invoice["total"] < 0:
            raise ValueError("a credit note is no invoice")
        return round(invoice["total"] * 1.19, 2)

    claim = ClaimFromQueueOperator(
        task_id="claim", queue="invoices", limit=50, ack="manual", returns="handles"
    )
    book.expand(invoice=claim.output)


mapped_items()
