"""Orders are pushed, claimed by whoever is free, and processed one by one."""

from airflow.sdk import dag, task

from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator


@dag(schedule=None)
def orders() -> None:
    @task
    def list_orders() -> list[dict]:
        return [{"order": number, "total": 12.5 * number} for number in range(1, 6)]

    @task
    def process(order: dict) -> None:
        print(f"order {order['order']}: {order['total']:.2f}")

    push = PushToQueueOperator(task_id="push", queue="orders", payloads=list_orders())
    claim = ClaimFromQueueOperator(task_id="claim", queue="orders", limit=50)
    push >> claim
    process.expand(order=claim.output)


orders()
