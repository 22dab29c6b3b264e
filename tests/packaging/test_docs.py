"""What a user reads without leaving the editor."""

import pytest

import redis_xcom
import redis_xcom.operators

EXPORTED = [
    getattr(package, name)
    for package in (redis_xcom, redis_xcom.operators)
    for name in package.__all__
]


@pytest.mark.parametrize("thing", EXPORTED, ids=lambda thing: thing.__name__)
def test_every_exported_name_says_what_it_does(thing):
    said = thing.__doc__ or ""
    first = said.strip().partition("\n")[0]
    assert first.endswith((".", ":"))
    assert first != (thing.__base__.__doc__ or "").strip().partition("\n")[0]
