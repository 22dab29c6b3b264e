"""Each customer's changes are made one at a time and in order, two of all customers at once.

Start it as often as you like and drain with as many tasks as you like: who comes first never
depends on which task is faster, and no customer's account is changed by two tasks at once.
"""

from airflow.sdk import dag, task

from redis_xcom.operators import PushToQueueOperator


@dag(schedule=None)
def per_customer() -> None:
    @task
    def list_changes() -> list[dict]:
        return [{"customer": f"c{number % 5}", "change": number} for number in range(30)]

    push = PushToQueueOperator(
        task_id="push",
        queue="changes",
        payloads=list_changes(),
        ordering_key="customer",  # the field of each payload that says whose turn it is
        max_claimed=2,  # for all tasks together; 5 drains would share these two
    )

    @task.drain(queue="changes", batch=1, forward_to="changed")
    def change(order: dict, clerk: str) -> dict:
        print(f"{clerk}: change {order['change']} of customer {order['customer']}")
        return order

    push >> change.expand(clerk=["left", "right"])


per_customer()
