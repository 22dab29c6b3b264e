"""Bags are weighed by two tasks at once until none is left, and priced in lots.

`weigh` works bag by bag: one that cannot be weighed goes to the dead letters with its
reason, the others go on to the queue `weighed`, each in the same step that acknowledges it.
`price` works that queue off lot by lot.
"""

from airflow.sdk import dag, task

from redis_xcom.operators import PushToQueueOperator


@dag(schedule=None)
def bags() -> None:
    push = PushToQueueOperator(
        task_id="push",
        queue="bags",
        payloads=[{"bag": number, "grams": 40 * number} for number in range(50)],
    )

    @task.drain(queue="bags", batch=10, on_error="reject", forward_to="weighed")
    def weigh(bag: dict, scales: str) -> dict:
        if bag["grams"] == 0:
            raise ValueError("nothing in it")
        return {**bag, "scales": scales}

    @task.drain(queue="weighed", by="batch", batch=20, max_seconds=60)
    def price(lot: list[dict]) -> None:
        print(f"{len(lot)} bags, {sum(bag['grams'] for bag in lot) / 1000:.1f} kg")

    push >> weigh.expand(scales=["left", "right"]) >> price()


bags()
