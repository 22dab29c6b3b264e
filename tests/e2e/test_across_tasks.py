"""Items that travel between tasks and runs of a real Airflow: none is lost, none done twice.

All runs are under way at the same time, and judged one by one.
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from lab.waiting import wait_until
from redis_xcom import Queue

pytestmark = pytest.mark.timeout(150)  # whichever test comes first waits for all of the runs
QUIET = timedelta(seconds=2)  # as conftest.py tells Airflow
PARCELS = [{"address": "12 Mill Lane"}, {"address": "3 High Street"}]
INVOICES = [{"total": 10.0}, {"total": -5.0}]
LETTERS = [{"to": "Ada", "text": f"no. {number}"} for number in range(2)]
MAPPED = ["one", "deadly", "bad"]


class Shop:
    """Queues, and runs of DAGs that work on them."""

    def __init__(self, api, client):
        self.api = api
        self.client = client

    def push(self, name, payloads):
        Queue(name, client=self.client).push_many(payloads)

    def start(self, dag_id, **conf):
        self.api.wait_for_dag(dag_id)
        return dag_id, self.api.trigger(dag_id, conf=conf)

    def state(self, run):
        return self.api.wait_for_run(*run, timeout=120)

    def states(self, run, task_id):
        return [task["state"] for task in self.api.tasks(*run, task_id)]

    def outputs(self, dag_id, task_id):
        """What a task has returned in each of its DAG's runs, which have all succeeded."""
        runs = [(dag_id, run["dag_run_id"]) for run in self.api.runs(dag_id)]
        assert {self.state(run) for run in runs} == {"success"}
        return [self.api.xcom(*run, task_id) for run in runs]

    def stats(self, name):
        return Queue(name, client=self.client).stats()

    def fall_silent(self, name):
        """Wait until Airflow would be asked for the owner of what is claimed there."""
        queue = Queue(name, client=self.client)
        wait_until(lambda: not queue.stats().claimed or queue.silent(QUIET), "it to be silent")

    def waiting(self, name):
        return Queue(name, client=self.client).peek()


@pytest.fixture(scope="module")
def shop(airflow, server):
    with server.client() as client:
        client.flushall()
        yield Shop(airflow.api, client)


@pytest.fixture(scope="module")
def runs(shop):
    """All runs that wait for nothing."""
    shop.push("numbers", [1, 2, 3])
    shop.push("mapped", MAPPED)
    shop.push("kept", ["a"])
    shop.push("invoices", INVOICES)
    shop.push("letters", LETTERS)
    shop.push("parcels", PARCELS)
    return SimpleNamespace(
        killed=shop.start("start_runs", queue="numbers"),
        mapped=shop.start("each_its_own", queue="mapped"),
        kept=shop.start("claim_by_hand", queue="kept"),
        sent=shop.start("settle_across_tasks"),
        booked=shop.start("mapped_items"),
        posted=shop.start("post_letters"),
    )


def test_what_one_task_claimed_another_one_acknowledges(shop, runs):
    assert shop.state(runs.sent) == "success"
    assert shop.states(runs.sent, "done") == ["success"]
    assert shop.states(runs.sent, "back") == ["success"]


def test_a_teardown_gives_back_what_was_not_acknowledged(shop, runs):
    assert shop.state(runs.sent) == "success"
    shop.push("parcels", [{"address": ""}])
    unsent = shop.start("settle_across_tasks")
    assert shop.state(unsent) == "failed"
    assert shop.states(unsent, "done") == ["upstream_failed"]
    assert (shop.stats("parcels").acked, shop.stats("parcels").claimed) == (2, 0)
    [back] = shop.waiting("parcels")
    assert back.failures == 1


def test_each_mapped_task_settles_its_own_item(shop, runs):
    assert shop.state(runs.booked) == "failed"
    assert sorted(shop.states(runs.booked, "book")) == ["failed", "success"]
    assert (shop.stats("invoices").acked, shop.stats("invoices").claimed) == (1, 0)
    [back] = shop.waiting("invoices")
    assert (back.payload, back.failures, back.deliveries) == (INVOICES[1], 1, 2)


def test_a_mapped_task_that_is_killed_finds_its_item_again(shop, runs):
    assert shop.state(runs.mapped) == "failed"
    tasks = shop.api.tasks(*runs.mapped, "work")
    assert [(task["state"], task["try_number"]) for task in tasks] == [
        ("success", 1),
        ("success", 2),
        ("failed", 1),
    ]
    assert shop.api.xcom(*runs.mapped, "work", map_index=1) == "deadly"
    stats = shop.stats("mapped")
    assert (stats.acked, stats.ready, stats.claimed) == (2, 1, 0)


def test_what_a_task_has_claimed_for_its_run_comes_back_when_the_run_has_ended(shop, runs):
    """Its lease lasts a day."""
    assert shop.state(runs.kept) == "success"
    shop.fall_silent("kept")
    following = shop.start("claim_and_process", queue="kept", limit=10)
    assert shop.state(following) == "success"
    assert shop.api.xcom(*following, "claim") == ["a"]
    assert shop.stats("kept").total == 0


def test_each_item_has_a_run_of_its_own(shop, runs):
    assert shop.state(runs.posted) == "success"
    delivered = shop.outputs("deliver_letter", "deliver")
    assert sorted(delivered) == [f"Dear Ada, no. {number}" for number in range(2)]
    assert (shop.stats("letters").acked, shop.stats("letters").total) == (2, 0)
    started = {run["dag_run_id"] for run in shop.api.runs("deliver_letter")}
    assert started == set(shop.api.xcom(*runs.posted, "post"))


def test_an_item_whose_run_was_never_created_gets_another_one(shop, runs):
    """Its task was killed between the two: Airflow does not know the run that has the item."""
    assert shop.state(runs.killed) == "success"
    shop.fall_silent("numbers")
    assert shop.state(shop.start("start_runs", queue="numbers")) == "success"
    assert shop.api.task(*runs.killed, "start")["try_number"] == 2
    assert sorted(shop.outputs("started_run", "work")) == [1, 2, 3]
    stats = shop.stats("numbers")
    # Three were claimed, one of them was taken over by the retry, and one came again.
    assert (stats.acked, stats.delivered, stats.total) == (3, 5, 0)
