"""Urgent letters go before all others: one task works two queues in the order of their urgency.

After each batch of ordinary letters it looks for urgent ones again.
"""

from airflow.sdk import dag, task

from redis_xcom.operators import PushToQueueOperator


@dag(schedule=None)
def urgent_first() -> None:
    ordinary = PushToQueueOperator(
        task_id="ordinary", queue="ordinary", payloads=[f"letter {number}" for number in range(6)]
    )
    urgent = PushToQueueOperator(task_id="urgent", queue="express", payloads=["express letter"])

    @task.drain(queue=["express", "ordinary"], batch=2, forward_to="sent")
    def send(letter: str) -> str:
        print(f"sent {letter}")
        return letter

    [ordinary, urgent] >> send()


urgent_first()
