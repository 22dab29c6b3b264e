"""The account of a burst notices what is lost, doubled, or called too often."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.burst.burst import Burst

ITEMS = 20


@pytest.fixture
def runs():
    return [{"dag_run_id": "first", "state": "success"}]


@pytest.fixture
def burst(client, runs):
    """Worked off by one run, as it should be."""
    airflow = SimpleNamespace(api=SimpleNamespace(runs=lambda _: runs))
    one = Burst("plain", ITEMS, 2, airflow, client)
    one.work_off(work)
    return one


def work(burst):
    drain = burst.queue.drain(7, forward_to=burst.results)
    for item in drain:
        drain.forward(item.payload)


def test_a_burst_that_was_worked_off_has_no_faults(burst):
    assert list(burst.faults()) == []
    assert burst.row()[:2] == ("plain", ITEMS)


def test_an_item_that_is_left_is_a_fault(burst):
    burst.queue.push(99)
    assert list(burst.faults()) == ["plain: 20 of 20 acked, 1 left"]
    burst.queue.purge()


def test_an_item_that_was_worked_twice_or_never_is_a_fault(burst):
    burst.results.claim(1).ack()
    burst.results.push(5)
    assert list(burst.faults()) == [
        "plain: number 0 was worked 0 times",
        "plain: number 5 was worked 2 times",
    ]


def test_a_run_too_many_is_a_fault(burst, runs):
    runs.extend(runs * burst.most_runs)
    assert list(burst.faults()) == [f"plain: {len(runs)} runs, {burst.most_runs} at most"]


def test_a_run_that_failed_and_a_slow_push_are_faults(burst, runs):
    runs[0]["state"] = "failed"
    burst.push_seconds = 1.5
    assert list(burst.faults()) == [
        "plain: pushed in 1.5 s: no burst",
        "plain: run first failed",
    ]
