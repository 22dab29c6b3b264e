"""An XCom is one task's alone on a real Airflow, whatever becomes of the task."""

from __future__ import annotations

import re
from collections import Counter

import pytest

pytestmark = pytest.mark.timeout(240)  # whichever test comes first waits for all of the runs

DAGS = ("exclusive_retried", "exclusive_handed_on", "exclusive_xcom")
SECONDS = 90


@pytest.fixture(scope="module")
def runs(start):
    """All of them go on at once."""
    return {dag_id: start(dag_id) for dag_id in DAGS}


def test_a_killed_holders_retry_has_it_and_its_rival_never(runs):
    run = runs["exclusive_retried"]
    assert run.wait(timeout=SECONDS) == "success", run.log("rival") + run.log("hold", attempt=2)
    assert run.output("hold") == "4111"
    assert run.task("hold")["try_number"] == 2
    assert run.output("rival") == [f"exclusive_retried/{run.run_id}/hold"]
    assert "from an earlier try" in run.log("hold", attempt=2)


def test_the_next_one_has_it_where_a_holder_failed_for_good(runs):
    run = runs["exclusive_handed_on"]
    assert run.wait(timeout=SECONDS) == "success", run.log("keeps")
    states = {task: run.task(task)["state"] for task in ("fails", "dies", "keeps", "refused")}
    assert states == {"fails": "failed", "dies": "failed", "keeps": "success", "refused": "failed"}
    assert "Released XCom 'return_value' of exclusive_handed_on.issue" in run.log("fails")
    assert "its holder is failed" in run.log("keeps")
    assert run.output("keeps") == "4111"
    assert run.output("asks") == f"exclusive_handed_on/{run.run_id}/keeps"


def test_who_is_refused_is_not_tried_again_and_told_why(runs):
    run = runs["exclusive_handed_on"]
    run.wait(timeout=SECONDS)
    refused = run.task("refused")
    assert refused["try_number"] == 1
    told = f"held since .* as exclusive_handed_on/{re.escape(run.run_id)}/keeps, who alone"
    assert re.search(told, run.airflow.api.raw_log(refused))


def test_rendered_fields_do_not_show_what_is_claimed(runs):
    run = runs["exclusive_handed_on"]
    run.wait(timeout=SECONDS)
    shown = str(run.task("keeps")["rendered_fields"])
    assert "claimed when it runs" in shown
    assert "4111" not in shown


def test_the_example_pays_once(runs):
    run = runs["exclusive_xcom"]
    assert run.wait(timeout=SECONDS) == "success"
    tills = run.airflow.api.tasks(run.dag_id, run.run_id, "redeem")
    assert Counter(till["state"] for till in tills) == {"success": 1, "skipped": 2}
    (paid,) = [till["map_index"] for till in tills if till["state"] == "success"]
    assert run.output("redeem", map_index=paid) == f"50 euros paid at till {paid + 1}"
    assert run.output("audit").startswith(f"redeemed by exclusive_xcom.redeem[{paid}] ")
