"""What a real Airflow shows of our tasks: queue, claim, generation and counts, never a payload."""

from __future__ import annotations

import re

import pytest

from redis_xcom import operators
from redis_xcom.airflow.provider import get_provider_info

pytestmark = pytest.mark.timeout(120)  # the first test waits for all that the others look at
SECRET = "4111-1111"


@pytest.fixture(scope="module")
def stage(make_bench):
    """A queue, and a run of all of them on it, which has ended."""
    bench = make_bench()
    bench.run("visible", payloads=[{"card": SECRET}] * 12)
    return bench


@pytest.fixture(scope="module")
def run(stage):
    return stage.runs[0]


@pytest.fixture(scope="module")
def queue(stage):
    return stage.queue.name


@pytest.fixture(scope="module")
def tasks(run):
    """Our task instances, those of the child's runs too."""
    found = run.airflow.api.tasks("visible", run.run_id)
    for child in run.output("start"):
        run.airflow.api.wait_for_run("visible_child", child)
        found += run.airflow.api.tasks("visible_child", child)
    return found


@pytest.fixture(scope="module")
def logs(run, tasks):
    """Every line of every try, whole, by task instance."""
    return {
        (task["dag_id"], task["task_id"], task["map_index"]): run.airflow.api.raw_log(task)
        for task in tasks
    }


def test_all_that_a_dag_can_be_made_of_is_looked_at(tasks):
    ours = {name for name in operators.__all__ if name.endswith(("Operator", "Sensor"))}
    decorators = {f"@task.{each['name']}" for each in get_provider_info()["task-decorators"]}
    decorators -= {"@task.exclusive"}  # is about XComs, and looked at where those are
    assert ours | decorators == {task["operator_name"] for task in tasks}


def test_all_went_as_planned(run, tasks):
    assert SECRET in str(run.output("claim"))
    states = {(task["task_id"], task["state"]) for task in tasks}
    assert {task for task, state in states if state != "success"} == {"claim_fails"}


def test_no_payload_stands_in_a_log(logs):
    assert [task for task, log in logs.items() if SECRET in log] == []


def test_no_payload_stands_in_a_rendered_field(tasks):
    shown = {task["task_id"]: str(task["rendered_fields"]) for task in tasks}
    assert [task for task, fields in shown.items() if SECRET in fields] == []
    assert "12 payloads" in shown["push"]
    assert "3 payloads" in shown["push_mapped"]
    assert max(map(len, shown.values())) < 1000


def test_every_log_names_the_queue(queue, logs):
    assert [task for task, log in logs.items() if queue not in log] == []


def test_whoever_holds_items_logs_claim_generation_and_count(run, queue, logs):
    claim = rf"queue {queue} claim visible/{re.escape(run.run_id)}\S*"
    for task_id in ("claim", "claim_handles", "claim_manual", "claim_fails", "start", "work"):
        claimed = rf"Claimed: {claim} generation \d+, 1 items"
        assert re.search(claimed, logs["visible", task_id, -1]), task_id


def test_the_link_leads_to_the_page_of_the_queue(run, queue, tasks):
    for task in tasks:
        link = run.airflow.api.links(task)["Queue"]
        assert link.startswith(f"{run.airflow.url}/redis-xcom/queues/{queue}"), task
    page = run.airflow.api.page(link)
    assert f"<h1>{queue}</h1>" in page
    assert SECRET not in page
