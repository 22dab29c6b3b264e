"""A DAG that runs whenever alarms lie in a queue, until none is left.

The watcher takes nothing: it calls the DAG while there are alarms that nobody works on, not more
often than every five seconds, and not while two runs are at work. Each run drains the queue, so
thousands of alarms pushed at once need two runs, not thousands.
"""

from airflow.providers.common.messaging.triggers.msg_queue import MessageQueueTrigger
from airflow.sdk import Asset, AssetWatcher, dag, task

alarms_wait = MessageQueueTrigger(
    scheme="redis+queue", queue_name="alarms", every=5, workers=2, per=500
)
alarms = Asset("alarms", watchers=[AssetWatcher(name="alarms_wait", trigger=alarms_wait)])


@dag(schedule=[alarms], max_active_runs=2)
def handle_alarms() -> None:
    @task.drain(queue="alarms", batch=100)
    def handle(alarm: dict) -> None:
        print(f"alarm {alarm['level']}")

    handle()


handle_alarms()
