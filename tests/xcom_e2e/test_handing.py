"""What a run is handed it reads, whatever becomes of the task that hands; and no other run does.

All runs are under way at the same time, and judged one by one.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.airflow_rows import xcom_row
from lab.airflow_run import Run

pytestmark = pytest.mark.timeout(150)  # whichever test comes first waits for all of the runs
SECONDS = 120
READ = {"many": 100, "aimed": "for start alone", "all": [2, 4]}


@pytest.fixture(scope="module")
def parents(start):
    return SimpleNamespace(
        killed=start("hand_and_die"),
        by_macro=start("hand_by_macro"),
        example=start("collect_orders"),
    )


@pytest.fixture(scope="module")
def read_runs(airflow, parents):
    """The two runs of `read_handed` that were triggered, with their parents at an end."""
    assert parents.killed.wait(timeout=SECONDS) == "success", parents.killed.log("start")
    assert parents.by_macro.wait(timeout=SECONDS) == "success", parents.by_macro.log("by_macro")
    started = parents.killed.output("start")
    by_macro = f"from__{parents.by_macro.run_id}"
    return SimpleNamespace(
        started=Run(airflow, "read_handed", started), by_macro=Run(airflow, "read_handed", by_macro)
    )


def conf_of(run):
    runs = run.airflow.api.runs(run.dag_id)
    return next(one["conf"] for one in runs if one["dag_run_id"] == run.run_id)


def test_mapped_tasks_hand_to_a_run_each(airflow, parents):
    assert parents.example.wait(timeout=SECONDS) == "success"
    regions = {}
    for run_id in parents.example.outputs("ship"):
        run = Run(airflow, "ship_orders", run_id)
        assert run.wait(timeout=SECONDS) == "success", run.log("ship")
        regions[conf_of(run)["region"]] = run.output("ship")
    assert regions == {"north": {"1": 8.0, "3": 4.0}, "south": {"2": 3.0}}
    assert len(airflow.api.runs("ship_orders")) == 2


def test_a_task_that_is_killed_once_the_run_is_there_triggers_no_second_one(
    airflow, parents, read_runs
):
    assert parents.killed.task("start")["try_number"] == 2
    assert parents.killed.log("start", attempt=2).count("An earlier try has triggered run")
    runs = {run["dag_run_id"] for run in airflow.api.runs("read_handed")}
    assert {one for one in runs if one.startswith("by__")} == {read_runs.started.run_id}


def test_the_run_reads_what_it_was_handed_though_it_is_aimed_at_others(read_runs):
    for run in (read_runs.started, read_runs.by_macro):
        assert run.wait(timeout=SECONDS) == "success", run.log("read")
        assert run.output("read") == READ
        assert run.output("rendered") == READ["aimed"]


def test_past_the_handle_the_parent_stays_closed(read_runs):
    for run in (read_runs.started, read_runs.by_macro):
        assert run.wait(timeout=SECONDS) == "success"
        assert run.output("pull") == "not for you"


def test_neither_the_conf_nor_the_parents_rendered_fields_show_a_value(parents, read_runs):
    conf = conf_of(read_runs.started)
    assert conf.keys() == {"parent", "xcoms"}
    assert len(conf["xcoms"]) < 50
    shown = parents.killed.task("start")["rendered_fields"]
    assert "XCom 'many' of hand_and_die.make" in str(shown["xcoms"])
    assert "xxxxx" not in str(shown)


def test_a_copied_handle_is_refused_and_a_cleared_run_redeems_its_own_again(start, read_runs):
    run = read_runs.started
    assert run.wait(timeout=SECONDS) == "success"
    copied = start("read_handed", **conf_of(run))
    run.clear("read")
    assert run.wait(timeout=SECONDS) == "success"
    assert run.task("read")["try_number"] == 2
    assert run.output("read") == READ
    assert copied.wait(timeout=SECONDS) == "failed"
    assert f"is for run {run.run_id} of read_handed" in copied.log("read")
    assert xcom_row(copied, "read") is None
