"""What DAGs and templates hand to the operators."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom.errors import BadArgument
from redis_xcom.operators.arguments import one_of, payload_list, span, whole_number


def kind(value):
    return type(value).__name__


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (" 7 ", 7)])
def test_a_whole_number_may_be_text(value, number):
    assert whole_number(value, "limit") == number


@pytest.mark.parametrize("value", [0, -1, "0", "", "ten", 2.5, True, None, [1]])
def test_what_is_no_whole_number_above_zero_is_named(value):
    with pytest.raises(BadArgument, match="limit is "):
        whole_number(value, "limit")


@pytest.mark.parametrize("value", [timedelta(seconds=90), 90, 90.0, "90", "9e1"])
def test_a_span_is_a_timedelta_or_seconds(value):
    assert span(value, "lease") == timedelta(seconds=90)


@pytest.mark.parametrize(
    "value", ["soon", None, True, [90], 10**5000, "inf", "nan", float("inf")], ids=kind
)
def test_what_is_no_span_is_named(value):
    with pytest.raises(BadArgument, match="lease is "):
        span(value, "lease")


def test_a_choice_is_one_of_its_choices():
    assert one_of("skip", "on_empty", ("skip", "fail")) == "skip"
    with pytest.raises(BadArgument, match="on_empty is 'Skip': choose one of skip, fail"):
        one_of("Skip", "on_empty", ("skip", "fail"))


@pytest.mark.parametrize("value", [[1, {"a": 2}], (1, {"a": 2}), '[1, {"a": 2}]'])
def test_payloads_are_a_list_or_its_json(value):
    assert payload_list(value) == [1, {"a": 2}]


def test_payloads_may_come_lazily():
    assert payload_list(number for number in range(3)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"secret": 1}, "payloads is a dict"),
        ('{"secret": 1}', "payloads is a dict"),
        ('"secret"', "payloads is a str"),
        ("secret", "not a JSON array"),
        ("[" * 100_000, "not a JSON array"),
        (b"secret", "payloads is a bytes"),
        (7, "payloads is a int"),
        (None, "payloads is a NoneType"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_single_payload_is_not_taken_for_many(value, words):
    with pytest.raises(BadArgument, match=words) as raised:
        payload_list(value)
    assert "secret" not in str(raised.value)
