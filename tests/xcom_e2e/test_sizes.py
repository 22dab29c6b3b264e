"""A value goes from task to task, whatever its size."""

from __future__ import annotations

from lab.airflow_rows import xcom_row


def test_a_value_reaches_the_next_task_wherever_it_lies(start):
    run = start("sizes")
    assert run.wait() == "success", run.log("both")
    assert xcom_row(run, "both") == run.output("both") == ["a few bytes", 1000, 999]
