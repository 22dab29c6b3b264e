"""`@task.claim` and `@task.drain` on a real Airflow; all runs of this file go on at once."""

from __future__ import annotations

import pytest

from redis_xcom import Queue

pytestmark = pytest.mark.timeout(120)  # the first one waits for all runs, two of them killed

QUEUED = {
    "task_claim_killed": range(5),
    "task_drain_killed": range(12),
    "task_claim": range(5),
    "task_claim_mapped": range(4),
    "task_drain": range(40),
    "task_drain_strict": [2, 1, 0],
    "file_expenses": [],
    "bags": [],
    "book_expenses": [],
}
"""The DAGs, and what lies in their queues at first."""


@pytest.fixture(scope="module")
def played(make_bench):
    """`played(dag_id)`: its bench and its run, once that has ended."""
    benches = {dag_id: make_bench() for dag_id in QUEUED}
    for dag_id, bench in benches.items():
        bench.queue.push_many(QUEUED[dag_id])
        if dag_id == "book_expenses":
            benches["file_expenses"].runs[0].wait()
        bench.start(dag_id, table="ledger")

    def played(dag_id):
        bench = benches[dag_id]
        return bench, bench.runs[0], bench.runs[0].wait()

    return played


def test_a_claiming_task_that_raised_is_tried_again(played):
    bench, run, state = played("task_claim")
    assert state == "success"
    assert run.task("load")["try_number"] == 2
    assert "3 items, after ValueError" in run.log("load", attempt=1)
    assert bench.queue.stats().acked == 3


def test_its_items_went_back_behind_the_others(played):
    bench, run, _ = played("task_claim")
    assert run.output("load", key="orders") == [3, 4, 0]
    assert run.output("load", key="failures") == [0, 0, 1]
    assert [item.payload for item in bench.queue.peek()] == [1, 2]


def test_outputs_are_several_and_arguments_are_rendered(played):
    _, run, _ = played("task_claim")
    assert run.output("load", key="table") == "ledger"
    assert run.output("count") == 3
    assert run.task("load")["rendered_fields"]["op_args"] == ["(what is claimed)"]


def test_each_mapped_task_claims_for_itself(played):
    bench, run, state = played("task_claim_mapped")
    assert state == "success"
    told = run.outputs("work")
    assert sorted(order for order, _, _ in told) == [0, 1, 2]
    assert [rest for _, *rest in told] == [["sales", r] for r in ("north", "south", "west")]
    assert (bench.queue.stats().acked, bench.queue.stats().ready) == (3, 1)


def test_the_retry_of_a_killed_task_works_the_very_same_items(played):
    bench, run, state = played("task_claim_killed")
    assert state == "success"
    assert run.task("load")["try_number"] == 2
    assert run.output("load") == [0, 1, 2]
    assert "from an earlier try" in run.log("load", attempt=2)
    assert (bench.queue.stats().acked, bench.queue.stats().ready) == (3, 2)


def test_two_drains_share_a_queue(played):
    bench, run, state = played("task_drain")
    assert state == "success"
    told = run.outputs("work")
    assert [sum(slot[key] for slot in told) for key in ("done", "rejected")] == [36, 4]
    stats = bench.queue.stats()
    assert (stats.acked, stats.dead, stats.ready, stats.claimed) == (36, 4, 0, 0)


def test_results_are_forwarded_once(played):
    bench, _, _ = played("task_drain")
    results = Queue(f"{bench.queue.name}-results", client=bench.client)
    wanted = [2 * number for number in range(40) if number % 10 != 3]
    assert sorted(item.payload for item in results.peek(100)) == wanted


def test_a_drain_fails_in_the_end_as_its_author_chose(played):
    bench, run, state = played("task_drain_strict")
    assert state == "failed"
    assert "claimed 3, done 2, failed 1, rejected 1" in run.log("work")
    assert (bench.queue.stats().acked, bench.queue.stats().dead) == (2, 1)


def test_the_retry_of_a_killed_drain_takes_its_batch_over(played):
    bench, run, state = played("task_drain_killed")
    assert state == "success"
    assert run.task("work")["try_number"] == 2
    told = run.output("work")
    assert (told["claimed"], told["done"]) == (7, 7)
    assert (bench.queue.stats().acked, bench.queue.stats().total) == (12, 0)


def test_the_example_of_a_claiming_task_runs(played):
    bench, _, state = played("file_expenses")
    assert state == "success"
    _, run, state = played("book_expenses")
    assert state == "success"
    cents = [lot["cents"] for lot in run.outputs("book")]
    assert sum(cents) == run.output("total") == 1999 * sum(range(1, 25))
    assert Queue("expenses", client=bench.client).stats().acked == 24


def test_the_example_of_a_drain_runs(played):
    bench, run, state = played("bags")
    assert state == "success"
    assert sum(told["forwarded"] for told in run.outputs("weigh")) == 49
    assert run.output("price")["done"] == 49
    assert len(Queue("bags", client=bench.client).dead()) == 1
