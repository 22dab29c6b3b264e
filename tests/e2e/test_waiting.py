"""Waiting for a queue without a worker, and DAGs that run because of it."""

from __future__ import annotations

import time

import pytest

from redis_xcom import Queue

pytestmark = pytest.mark.timeout(120)

BURST = 2_000


@pytest.fixture
def states(eventually):
    """`states(run, task_id, "deferred")` waits until all its task instances are so."""

    def wait(run, task_id, state):
        def ready():
            tasks = run.airflow.api.tasks(run.dag_id, run.run_id, task_id)
            return tasks and {task["state"] for task in tasks} == {state}

        eventually(ready, f"{task_id} to be {state}", timeout=45)

    return wait


def test_who_waits_occupies_no_worker_and_who_was_too_slow_waits_on(bench, states, eventually):
    run = bench.start("claim_deferred")
    vain = bench.start("claim_in_vain", queue=f"{bench.queue.name}-empty")
    states(run, "claim", "deferred")
    bench.queue.push("first")
    eventually(lambda: bench.queue.stats().acked == 1, "the first item to be claimed")
    bench.queue.push("second")
    assert run.wait() == "success"
    assert sorted(run.outputs("claim")) == [["first"], ["second"]]
    assert bench.queue.stats().total == 0
    assert vain.wait() == "failed"
    ends = [vain.task("claim", map_index=index)["state"] for index in range(3)]
    assert ends == ["skipped", "failed", "skipped"]


def test_a_sensor_waits_in_each_of_its_modes_and_takes_nothing(bench, states):
    bench.queue.push("x")
    run = bench.start("sensed")
    states(run, "enough", "deferred")
    states(run, "rescheduled", "up_for_reschedule")
    bench.queue.push("y")
    states(run, "enough", "success")
    states(run, "rescheduled", "success")
    states(run, "old", "success")
    assert bench.queue.stats().ready == 2
    bench.queue.claim(2).ack()
    states(run, "poked", "success")
    states(run, "soft", "skipped")
    states(run, "hard", "failed")


def test_a_burst_calls_few_runs_which_work_it_off(bench, eventually):
    """The examples: two runs at a time, each five seconds after the one before; and who waits."""
    tickets, alarms = (Queue(name, client=bench.client) for name in ("tickets", "alarms"))
    tickets.push_many({"from": name} for name in ("Ada", "Grace"))
    began = time.monotonic()
    alarms.push_many({"level": number} for number in range(BURST))
    closing, answering = bench.start("close_the_day"), bench.start("answer_tickets")
    assert answering.wait() == "success"
    assert answering.outputs("answer") == ["answered Ada", "answered Grace"]
    assert closing.wait() == "success"
    eventually(lambda: alarms.stats().acked == BURST, "the burst to be worked off")
    assert alarms.stats().total == 0
    runs = bench.airflow.api.runs("handle_alarms")
    assert 0 < len(runs) <= (time.monotonic() - began) / 5 + 1
