"""What a task says of a value goes with it, and is never lost on the way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from airflow.sdk.definitions.mappedoperator import is_mappable_value
from airflow.sdk.serde import serialize

from redis_xcom.airflow.xcom.options import aim, keep, unwrapped
from redis_xcom.errors import BadArgument

VALUES = [7, "text", b"bytes", None, [1, 2], (1, 2), {"a": 1}, {}, []]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_the_value_comes_out_as_it_went_in(value):
    inner, wishes, to = unwrapped(aim(value, to=["load", "sales.*"], encrypt=True))
    assert (inner, type(inner)) == (value, type(value))
    assert (wishes, to) == ({"encrypt": True}, ("load", "sales.*"))


def test_what_is_not_said_is_no_wish():
    assert unwrapped(keep([1], ttl=5)) == ([1], {"ttl": 5}, ())
    assert unwrapped(aim([1], to="load")) == ([1], {}, ("load",))


@pytest.mark.parametrize(
    "both",
    [
        lambda value: aim(keep(value, threshold=0, encrypt=False), to="load"),
        lambda value: keep(aim(value, to="load"), threshold=0, encrypt=False),
    ],
    ids=["aimed last", "kept last"],
)
def test_both_may_be_said_of_one_value_in_either_order(both):
    assert unwrapped(both("v")) == ("v", {"threshold": 0, "encrypt": False}, ("load",))


def test_what_is_said_last_counts():
    assert unwrapped(aim(aim("v", to="load"), to="other"))[2] == ("other",)
    assert unwrapped(keep(keep("v", ttl=1), ttl=2))[1] == {"ttl": 2}


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_could_be_mapped_over_still_can(value):
    aimed = aim(value, to="load")
    assert is_mappable_value(aimed) is is_mappable_value(value)
    if isinstance(value, (Sequence, dict)):
        assert isinstance(value, (str, bytes)) or len(aimed) == len(value)


def test_each_of_several_outputs_is_aimed_as_the_whole():
    outputs = dict(aim({"card": "4711", "pin": [1, 2]}, to="load").items())
    assert {key: unwrapped(part) for key, part in outputs.items()} == {
        "card": ("4711", {}, ("load",)),
        "pin": ([1, 2], {}, ("load",)),
    }


@pytest.mark.parametrize("value", [7, "text", [1], (1,), {"a": 1}, {"a": {"b": [2]}}], ids=repr)
@pytest.mark.parametrize("around", [lambda v: v, lambda v: [v], lambda v: {"k": (v,)}])
def test_nobody_else_can_store_it_as_if_nothing_had_been_said(value, around):
    with pytest.raises(BadArgument, match="whole, not inside another one"):
        serialize(around(aim(value, to="load")))


def test_its_words_do_not_tell_the_value():
    assert repr(aim(["4711"], to=["load", "x.*"])) == "<list for load, x.*>"
    assert "4711" not in repr(aim({"pin": "4711"}, to="load"))
