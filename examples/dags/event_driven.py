"""A DAG that runs whenever letters lie in a queue, until none is left.

The watcher takes nothing: it calls the DAG while there are letters that nobody works on, not more
often than every five seconds, and not while two runs are at work. Each run drains the queue, so
thousands of letters pushed at once need two runs, not thousands.
"""

from airflow.providers.common.messaging.triggers.msg_queue import MessageQueueTrigger
from airflow.sdk import Asset, AssetWatcher, dag, task

letters_wait = MessageQueueTrigger(
    scheme="redis+queue", queue_name="letters", every=5, workers=2, per=500
)
letters = Asset("letters", watchers=[AssetWatcher(name="letters_wait", trigger=letters_wait)])


@dag(schedule=[letters], max_active_runs=2)
def send_letters() -> None:
    @task.drain(queue="letters", batch=100)
    def send(letter: dict) -> None:
        print(f"a letter of {letter['pages']} pages")

    send()


send_letters()
