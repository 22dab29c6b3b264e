"""What a draining task tells meanwhile."""

from __future__ import annotations

import re
import threading

import pytest

from redis_xcom.operators.decorators import progress
from tests.operators.working import odd_ones_fail

pytestmark = pytest.mark.usefixtures("logs")


def test_progress_is_told_while_a_single_item_takes_long(
    orders, run, logs, monkeypatch, eventually
):
    monkeypatch.setattr(progress, "EVERY", 0.01)

    def work(number):
        if number == 5:
            eventually(lambda: "5 done, 0 failed" in logs.text, "progress")
            orders.claim(2).ack()
            eventually(lambda: " remain in queue orders, done in 0:00:00" in logs.text, "an eta")

    run(work, batch=6)
    assert "4 remain in queue orders, no end in sight" in logs.text
    assert "Drained: queue orders, claimed 8, done 8" in logs.text


def test_progress_ends_with_its_drain(orders, run):
    before = set(threading.enumerate())
    run(lambda number: None)
    for thread in set(threading.enumerate()) - before:
        if thread.name == "redis-xcom-progress":
            thread.join(5)
            assert not thread.is_alive()


def test_no_log_line_holds_a_payload(orders, run, logs):
    orders.push({"card": "4111"})
    run(lambda payload: 1 / 0, fail="never", by="batch")
    named = r"queue orders claim shop/manual__1/work generation \d+, 11 items"
    assert re.search(f"Draining: {named}\n", logs.text)
    assert re.search(f"Failed: {named}, with ZeroDivisionError\n", logs.text)
    assert "4111" not in logs.text


def test_only_the_first_failures_are_traced(orders, run, logs):
    run(odd_ones_fail)
    assert logs.text.count("Traceback") == 3
    assert logs.text.count("1 items, with ValueError") == 5


def test_what_an_earlier_try_had_is_told(orders, run, ti, logs):
    orders.claim(4, claim_id=ti.path, incarnation=ti.id)
    ti.is_tried_again()
    run(lambda number: None)
    assert "4 items, from an earlier try" in logs.text
