"""Functions that are handed items, and the operators made of them."""

from __future__ import annotations

from redis_xcom.operators.decorators.claim import claim_task
from redis_xcom.operators.decorators.drain import drain_task


def claiming(function, *args, decorated=None, **kwargs):
    """The operator of a function that is decorated so and called with these arguments."""
    return claim_task(queue="orders", task_id="work", **(decorated or {}))(function)(
        *args, **kwargs
    ).operator


def draining(function, *args, decorated=None, **kwargs):
    """As `claiming`."""
    return drain_task(queue="orders", task_id="work", **(decorated or {}))(function)(
        *args, **kwargs
    ).operator


def noting(seen):
    def note(payload):
        seen.append(payload)

    return note


def odd_ones_fail(number):
    if number % 2:
        raise ValueError("odd")
    return number * 10


def payloads(queue):
    return [item.payload for item in queue.peek(100)]
