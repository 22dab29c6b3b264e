"""Each letter gets a DAG run of its own.

`post_letters` claims letters and starts a run of `deliver_letter` for each. The run's conf names
its letter, but does not hold it: `deliver` takes it over from the queue, and acknowledges it with
its success. A run that fails gives its letter back, and the letter gets another run.
"""

from airflow.sdk import dag, task

from redis_xcom.operators import TriggerDagRunPerItemOperator


@dag(schedule=None)
def post_letters() -> None:
    TriggerDagRunPerItemOperator(
        task_id="post", queue="letters", trigger_dag_id="deliver_letter", limit=100
    )


@dag(schedule=None, max_active_runs=4)
def deliver_letter() -> None:
    @task.claimed
    def deliver(letter: dict) -> str:
        return f"Dear {letter['to']}, {letter['text']}"

    deliver()


post_letters()
deliver_letter()
