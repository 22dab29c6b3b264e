"""Card numbers are for the task that charges them, and for the fraud checks of another DAG.

Whoever else pulls them is told `NotForYou`. They are encrypted, too: the database, the store and
the UI show that there are two orders, and for whom. `report` is told what it needs to know.
"""

from airflow.sdk import dag, task

from redis_xcom.operators import aim


@dag(schedule=None)
def aimed_xcom() -> None:
    @task
    def take_orders() -> list[dict]:
        orders = [
            {"order": 1, "card": "4111-1111-1111-1111", "cents": 1999},
            {"order": 2, "card": "5500-0000-0000-0004", "cents": 4250},
        ]
        return aim(orders, to=["charge", "fraud.check_*"], encrypt=True)

    @task
    def charge(orders: list[dict]) -> int:
        return sum(order["cents"] for order in orders)

    @task
    def report(cents: int) -> None:
        print(f"{cents / 100:.2f} euros charged")

    report(charge(take_orders()))


aimed_xcom()
