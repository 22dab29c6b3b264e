"""A queue of ten numbers, and a draining task."""

from __future__ import annotations

import pytest

from tests.operators.working import draining


@pytest.fixture
def orders(orders):
    orders.push_many(range(10))
    return orders


@pytest.fixture
def run(ti):
    """`run(function, batch=3, …)` drains in this task instance's name."""

    def run(function, **decorated):
        return draining(function, decorated=decorated).execute({"ti": ti, "run_id": "manual__1"})

    return run
