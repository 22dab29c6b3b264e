"""A DAG for each burst, called by its queue. A run takes a part, so that many have to be called."""

import os

from airflow.providers.common.messaging.triggers.msg_queue import MessageQueueTrigger
from airflow.sdk import Asset, AssetWatcher, dag, task

EVERY, WORKERS, SHARE = (int(os.environ[f"BURST_{name}"]) for name in ("EVERY", "WORKERS", "SHARE"))


def called_by(name: str) -> None:
    wanted = MessageQueueTrigger(
        scheme="redis+queue", queue_name=name, tag="bursts", every=EVERY, workers=WORKERS
    )
    burst = Asset(name, watchers=[AssetWatcher(name=f"{name}_waits", trigger=wanted)])

    @dag(dag_id=name, schedule=[burst], max_active_runs=100)
    def work_off() -> None:
        @task.drain(
            queue=name, tag="bursts", batch=50, max_items=SHARE, forward_to=f"{name}-results"
        )
        def work(number: int) -> int:
            return number

        work()

    work_off()


for part in os.environ["BURST_PARTS"].split():
    called_by(part)
