"""Pushing from a real Airflow."""

from __future__ import annotations

from redis_xcom import Queue


def test_what_is_pushed_is_claimed_and_processed(bench):
    orders = [{"order": number, "lines": []} for number in range(3)]
    run = bench.start("pipeline", payloads=orders)
    assert run.wait() == "success"
    assert run.output("push") == {"queue": bench.queue.name, "pushed": 3, "repeated": 0}
    assert run.output("claim") == orders
    assert run.outputs("process") == orders
    assert bench.queue.stats().total == 0


def test_the_retry_of_a_killed_push_adds_nothing(bench):
    run = bench.start("push_killed")
    assert run.wait() == "success"
    assert run.task("push")["try_number"] == 2
    assert run.output("push") == {"queue": bench.queue.name, "pushed": 0, "repeated": 2}
    assert [item.payload for item in bench.queue.peek()] == [{"order": 1}, {"order": 2}]


def test_a_push_that_is_cleared_and_rerun_is_a_new_push(bench):
    run = bench.run("push_killed")
    run.clear("push")
    assert run.wait() == "success"
    assert run.output("push")["pushed"] == 2
    assert bench.queue.stats().ready == 4


def test_an_item_tells_who_pushed_it(bench):
    run = bench.run("push_killed")
    assert bench.queue.peek(1)[0].by == f"push_killed.push {run.run_id}"


def test_the_example_of_the_readme_runs(bench):
    run = bench.start("orders")
    assert run.wait() == "success"
    assert [order["order"] for order in run.output("claim")] == [1, 2, 3, 4, 5]
    assert len(bench.airflow.api.tasks("orders", run.run_id, "process")) == 5
    assert Queue("orders", client=bench.client).stats().total == 0
