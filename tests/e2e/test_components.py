"""The local Airflow itself: a component that is killed is started anew."""

from __future__ import annotations

import psutil


def test_after_its_scheduler_was_killed_an_airflow_goes_on(bench):
    killed = bench.airflow.component("scheduler")
    bench.airflow.restart("scheduler")
    assert not killed.is_running()
    assert bench.airflow.component("scheduler").status() != psutil.STATUS_ZOMBIE
    run = bench.start("pipeline", payloads=[1])
    assert run.wait() == "success"
