"""Invoices are booked in small lots: claimed, booked and acknowledged by one task.

Start `book_invoices` as often as you like, also while it runs: no invoice is in two lots. A task
that fails gives its lot back, and its retry takes whatever is next.
"""

from airflow.sdk import dag, task

from redis_xcom import Claim
from redis_xcom.operators import PushToQueueOperator


@dag(schedule=None)
def issue_invoices() -> None:
    @task
    def list_invoices() -> list[dict]:
        return [{"number": number, "cents": 1999 * number} for number in range(1, 25)]

    PushToQueueOperator(task_id="push", queue="invoices", payloads=list_invoices())


@dag(schedule=None)
def book_invoices() -> None:
    @task.claim(queue="invoices", limit=10, wait=30, retries=2)
    def book(invoices: list[dict], claim: Claim, ledger: str) -> dict:
        # A lot that was taken over by a later try is booked under a greater generation.
        print(f"{ledger}: lot {claim.generation} of {len(invoices)} invoices")
        return {"ledger": ledger, "cents": sum(invoice["cents"] for invoice in invoices)}

    @task
    def total(lots: list[dict]) -> int:
        return sum(lot["cents"] for lot in lots)

    total(book.expand(ledger=["north", "south", "west"]))


issue_invoices()
book_invoices()
