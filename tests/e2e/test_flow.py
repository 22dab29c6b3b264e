"""Ordering keys, a bound and priorities on a real Airflow: the examples, as they stand."""

from __future__ import annotations

import pytest

from redis_xcom import Queue


@pytest.fixture(scope="module")
def played(make_bench):
    """`played(dag_id)`: its run, once that has ended, and a way to its queues."""
    bench = make_bench()
    runs = {dag_id: bench.start(dag_id) for dag_id in ("per_customer", "urgent_first")}

    def played(dag_id):
        assert runs[dag_id].wait() == "success"
        return runs[dag_id], lambda name: Queue(name, client=bench.client)

    return played


def test_each_customers_changes_are_made_in_order(played):
    run, queue = played("per_customer")
    changed = [item.payload for item in queue("changed").peek(100)]
    for customer in {order["customer"] for order in changed}:
        made = [order["change"] for order in changed if order["customer"] == customer]
        assert made == sorted(made)
    assert sum(told["done"] for told in run.outputs("change")) == len(changed) == 30


def test_the_bound_is_kept_with_the_queue(played):
    _, queue = played("per_customer")
    stats = queue("changes").stats()
    assert (stats.max_claimed, stats.total, stats.acked) == (2, 0, 30)


def test_the_urgent_ones_go_first(played):
    run, queue = played("urgent_first")
    sent = [item.payload for item in queue("sent").peek(100)]
    assert sent == ["express letter", *(f"letter {number}" for number in range(6))]
    assert run.output("send")["forwarded"] == 7
    assert queue("express").stats().total == queue("ordinary").stats().total == 0
