from __future__ import annotations

from airflow.sdk import dag, task


@dag(schedule=None)
def sizes():
    @task
    def small() -> str:
        return "a few bytes"

    @task
    def large() -> list[int]:
        return list(range(1000))

    @task
    def both(small: str, large: list[int]) -> list:
        return [small, len(large), large[-1]]

    both(small(), large())


sizes()
