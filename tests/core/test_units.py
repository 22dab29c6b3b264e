"""Spans and numbers are checked where they enter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, Queue
from redis_xcom.units import milliseconds, whole_number

SECOND = timedelta(seconds=1)


def kind(value):
    return type(value).__name__


def test_spans_become_whole_milliseconds():
    assert milliseconds(timedelta(seconds=1.2346), "x") == 1235
    assert milliseconds(timedelta(0), "x") == 0
    assert milliseconds(timedelta(days=366), "x") == 366 * 86_400_000


@pytest.mark.parametrize("span", [5, 0.1, "5s", None, -SECOND, timedelta(days=367), timedelta.max])
def test_what_is_no_bearable_span_is_named(span):
    with pytest.raises(BadArgument, match="the delay is"):
        milliseconds(span, "the delay")


def test_a_span_may_have_a_least_length():
    assert milliseconds(SECOND, "lease", least=SECOND) == 1000
    with pytest.raises(BadArgument, match="must lie between 0:00:01 and"):
        milliseconds(SECOND * 0.999, "lease", least=SECOND)


@pytest.mark.parametrize("value", [0, 11, 10**5000, True, 5.0, "5", None], ids=kind)
def test_what_is_no_whole_number_within_bounds_is_named(value):
    with pytest.raises(BadArgument, match=r"limit is .*: give a whole number from 1 to 10"):
        whole_number(value, "limit", least=1, most=10)


@pytest.mark.parametrize("value", [0, -1, 2**29 + 1, "1", 1.5])
def test_a_bound_for_payloads_is_checked_at_the_start(value):
    with pytest.raises(BadArgument, match="max_payload_bytes"):
        Queue("orders", url="redis://nowhere.invalid", max_payload_bytes=value)


@pytest.mark.parametrize("bound", [0, -5, True, "7"])
def test_a_bound_for_the_queue_is_a_whole_number(queue, bound):
    with pytest.raises(BadArgument, match="max_length"):
        queue.push(1, max_length=bound)
