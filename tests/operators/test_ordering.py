"""Ordering keys as DAGs give them."""

from __future__ import annotations

import pytest

from redis_xcom import BadArgument
from redis_xcom.operators.ordering import ordering_keys

ROWS = [{"customer": "c7", "n": 1}, {"customer": 8}, {"customer": None}]


def test_a_field_of_each_payload_is_its_key():
    assert ordering_keys(ROWS, "customer") == ["c7", "8", None]


def test_a_list_has_the_key_of_each():
    assert ordering_keys(ROWS, ["a", None, 7]) == ["a", None, "7"]


def test_without_any_there_are_none():
    assert ordering_keys(ROWS, None) is None


@pytest.mark.parametrize(
    ("rows", "given", "words"),
    [
        (ROWS, "n", r"payloads\[1\] has no field 'n'"),
        ([3], "n", r"payloads\[0\] has no field 'n'"),
        (ROWS, 7, "ordering_key is 7"),
        (ROWS, [1.5, "a", "b"], r"ordering_key\[0\] is 1.5"),
        ([{"n": True}], "n", r"payloads\[0\].n is True"),
    ],
)
def test_what_can_be_no_key_is_told_with_its_place(rows, given, words):
    with pytest.raises(BadArgument, match=words):
        ordering_keys(rows, given)
