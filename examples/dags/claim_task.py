"""Expenses are booked in small lots: claimed, booked and acknowledged by one task.

Start `book_expenses` as often as you like, also while it runs: no expense is in two lots. A task
that fails gives its lot back, and its retry takes whatever is next.
"""

from airflow.sdk import dag, task

from redis_xcom import Claim
from redis_xcom.operators import PushToQueueOperator


@dag(schedule=None)
def file_expenses() -> None:
    @task
    def list_expenses() -> list[dict]:
        return [{"number": number, "cents": 1999 * number} for number in range(1, 25)]

    PushToQueueOperator(task_id="push", queue="expenses", payloads=list_expenses())


@dag(schedule=None)
def book_expenses() -> None:
    @task.claim(queue="expenses", limit=10, retries=2)
    def book(expenses: list[dict], claim: Claim, ledger: str) -> dict:
        # A lot that was taken over by a later try is booked under a greater generation.
        print(f"{ledger}: lot {claim.generation} of {len(expenses)} expenses")
        return {"ledger": ledger, "cents": sum(expense["cents"] for expense in expenses)}

    @task
    def total(lots: list[dict]) -> int:
        return sum(lot["cents"] for lot in lots)

    total(book.expand(ledger=["north", "south", "west"]))


file_expenses()
book_expenses()
