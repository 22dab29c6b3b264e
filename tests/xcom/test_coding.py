"""What is written and read back is what Airflow's own serialisation would make of it."""

from __future__ import annotations

import enum
import json
import os
import sys
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import attr
import msgspec
import numpy as np
import pandas as pd
import pydantic
import pytest
from airflow.sdk.serde import allow_class, deserialize, serialize
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from redis_xcom.airflow.xcom import plain
from redis_xcom.airflow.xcom.coding import coded, decode, serialized
from redis_xcom.errors import BadPayload, XComAltered, XComError

Pair = namedtuple("Pair", "left right")  # noqa: PYI024 - the untyped kind is one of its own


class Text(str):
    """As templates and drivers give them."""

    __slots__ = ()

    def __str__(self):
        return f"not {super().__str__()}"


class Number(int):
    pass


class Real(float):
    pass


class Row(dict):
    pass


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclass
class Order:
    number: int
    lines: list


@attr.define
class Line:
    sku: str
    count: object


class Customer(pydantic.BaseModel):
    name: str
    tags: list[str] = []


class Loose:
    """Serialises itself to what JSON has another type for, or none."""

    inside: object

    def __init__(self, inside):
        self.inside = inside

    def serialize(self):
        return self.inside

    @staticmethod
    def deserialize(data, version):
        return ("loose", version, data)


class Stubborn:
    def serialize(self):
        raise LookupError("not today")


for kind in (Order, Line, Customer, Loose):
    allow_class(kind)

LONG = bool(os.environ.get("LONG_PROPERTIES"))  # many more examples, others each time
patient = settings(
    max_examples=20_000 if LONG else 100,
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
moments = st.datetimes(timezones=st.just(timezone.utc))
texts = st.text(st.characters(codec=None, categories=None), max_size=8)
words = st.sampled_from(["__type", "__var", "__data__", "__version__", "null", ",null", '"__id__"'])
atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**62, max_value=2**80)
    | st.floats()
    | texts
    | words
)
rich = st.one_of(
    moments,
    st.dates(min_value=date(1950, 1, 1)),
    st.timedeltas(),
    st.decimals(allow_nan=False, places=3, min_value=-10_000, max_value=10_000),
    st.uuids(),
    st.sampled_from([Text("a"), Number(3), Real(1.5), Colour.RED, Level.LOW]),
    st.sampled_from([np.int64(3), np.float32(0.5), np.float64(1.5), np.bool_(1)]),
    st.builds(Customer, name=st.text(max_size=3), tags=st.lists(st.text(max_size=3), max_size=2)),
)
keys = texts | words | st.integers() | st.floats() | st.none() | st.booleans()
keys |= st.sampled_from([Text("a"), Colour.RED, Level.LOW, (1, 2)])


def nested(values):
    return st.one_of(
        st.lists(values, max_size=4),
        st.lists(values, max_size=3).map(tuple),
        st.dictionaries(keys, values, max_size=4),
        st.dictionaries(texts, values, max_size=4).map(Row),
        st.dictionaries(texts, values, max_size=2).map(OrderedDict),
        st.sets(st.integers() | texts, max_size=3),
        st.frozensets(st.integers(), max_size=3),
        st.builds(Pair, values, values),
        st.builds(Order, st.integers(), st.lists(values, max_size=2)),
        st.builds(Line, texts, values),
        st.builds(Loose, values),
    )


values = st.recursive(atoms | rich, nested, max_leaves=12)
plain_values = st.recursive(
    atoms, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20
)


def airflows_own(value):
    """The value after a round trip as Airflow makes it, or the error's type."""
    try:
        form = json.loads(json.dumps(serialize(value)))
    except Exception:  # noqa: BLE001 - whatever it is, it does not travel
        return BadPayload
    return outcome(deserialize, form)


def ours(value):
    try:
        data = coded(value).data
    except BadPayload:
        return BadPayload
    return outcome(decode, data)


def outcome(convert, given):
    try:
        return convert(given)
    except Exception as error:  # noqa: BLE001 - compared
        return type(error)


def same(one, other):
    """Equal, of the same types all through, in the same order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (Order, Line, Loose)):
        return same(attributes(one), attributes(other))
    if isinstance(one, float):
        return repr(one) == repr(other)
    return one == other


def attributes(one):
    return [getattr(one, name) for name in type(one).__annotations__]


@patient
@given(values)
@example({"__type": "datetime", "__var": 1.0})
@example([{"a": None, "b": float("nan")}])
@example({"a": ",null", "b": float("inf")})
@example({1: "a", "1": "b"})
@example([10**400, -(2**63), 2**64])
@example(["\ud800", "\ud83d\ude00"])
def test_any_value_comes_back_as_from_airflows_own_serialisation(value):
    assert same(ours(value), airflows_own(value))


@patient
@given(values)
def test_the_row_of_a_small_value_is_airflows_own(value):
    form = outcome(serialize, value)
    if isinstance(form, type):
        with pytest.raises(BadPayload):
            serialized(value)
    else:
        assert same(serialized(value), form)


@patient
@given(plain_values)
def test_what_is_plain_goes_the_fast_way_and_is_not_changed(value):
    """Or needs care for one reason: text that UTF-8 cannot hold, numbers that are none, a key."""
    text = json.dumps(value)
    careful = ("NaN", "Infinity", "\\ud", '"__id__"', '"__type"')
    if not any(each in text for each in careful):
        assert plain.plain_json(value) is not None
        assert same(decode(coded(value).data), value)


FRAMES = {
    "frame": pd.DataFrame({"at": pd.to_datetime(["2026-11-20"]), "n": [1], "s": ["é"]}),
    "empty": pd.DataFrame(),
    "index": pd.DataFrame({"x": [1.5, None]}, index=["a", "b"]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_data_frames_travel(name):
    (back,) = decode(coded([FRAMES[name]]).data)
    pd.testing.assert_frame_equal(back, FRAMES[name])


RICH = [
    datetime(2026, 11, 20, 12, tzinfo=timezone.utc),
    timedelta(seconds=1.5),
    Decimal("12.50"),
    UUID(int=7),
    np.float64(2.5),
    frozenset({1, 2}),
    {"a", "b"},
    (1, (2, "x")),
    Order(7, [1]),
    Customer(name="Jane"),
]


@pytest.mark.parametrize("value", RICH, ids=lambda value: type(value).__name__)
def test_types_that_airflow_knows_survive_inside_others(value):
    assert same(decode(coded({"rows": [value]}).data), {"rows": [value]})


NOT_PLAIN = {
    "tuple": (1,),
    "set": {1},
    "text of its own class": Text("a"),
    "number of its own class": Number(1),
    "dict of its own class": Row(a=1),
    "enum": Level.LOW,
    "key that is no text": {1: 2},
    "key of its own class": {Text("a"): 1},
    "reserved key": {"__classname__": "x"},
    "not a number": float("nan"),
    "infinity beside None": [None, float("inf")],
    "half a character": "\ud800",
    "moment": RICH[0],
    "order": RICH[8],
    "bytes": b"x",
}


@pytest.mark.parametrize("name", NOT_PLAIN)
@pytest.mark.parametrize("deep", [0, 1, 5])
def test_what_needs_care_is_noticed_however_deep_it_lies(name, deep):
    value = NOT_PLAIN[name]
    for _ in range(deep):
        value = {"rows": [1, value]}
    assert plain.plain_json(value) is None


PLACES = {
    "orders[3].at: object": {"orders": [1, 2, 3, {"at": object()}]},
    "[1][0]: bytes": [1, (b"x",)],
    "a.b: Stubborn": {"a": {"b": Stubborn()}},
    "a: dict": {"a": {"__classname__": "x"}},
    "object": object(),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_cannot_travel_is_told_by_its_place_and_type(place):
    for convert in (coded, serialized):
        with pytest.raises(BadPayload) as caught:
            convert(PLACES[place], "XCom 'rows' of load")
        assert str(caught.value).startswith(f"XCom 'rows' of load cannot be an XCom: {place}: ")


def test_what_an_object_makes_of_itself_is_told_by_its_place_too():
    with pytest.raises(BadPayload, match=r"b\.__data__\[0\]: datetime: "):
        coded({"a": Loose([1]), "b": Loose([RICH[0]])})


@pytest.mark.parametrize("levels", [199, 200, 201, 400])
def test_deep_values_travel_as_deep_as_airflow_goes(levels):
    value = {"deep": 1}
    for _ in range(levels):
        value = [value]
    assert repr(decode(coded(value).data)) == repr(value)


def endless_list():
    value = []
    value += [value, value]
    return value


def endless_dict():
    value = {}
    value |= {"a": [1, value], "b": value}
    return value


def deep_list():
    value = [1]
    for _ in range(sys.getrecursionlimit() * 2):
        value = [value]
    return value


@pytest.mark.parametrize("make", [endless_list, endless_dict, deep_list])
def test_what_has_no_end_is_refused(make):
    for convert in (coded, serialized):
        with pytest.raises(BadPayload, match="nested too deep"):
            convert(make())


def test_json_too_deep_to_read_is_an_error_that_says_so():
    with pytest.raises(XComError, match="nested too deep"):
        decode(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"a":1}x', b"\x00"])
def test_what_is_no_json_is_told_as_altered(data):
    with pytest.raises(XComAltered):
        decode(data)


def test_nothing_is_looked_for_in_text():
    """Text that looks like our marks costs a pass of Airflow's own, and changes nothing."""
    for text in ('"__classname__"', "__classname__", ":null,null", "NaN"):
        value = {"text": text, "list": [text, 1.5]}
        assert decode(coded(value).data) == value


def test_small_plain_values_take_no_pass_of_airflows_own(monkeypatch):
    for name in ("serialize", "deserialize"):
        monkeypatch.setattr(f"airflow.sdk.serde.{name}", lambda *_: pytest.fail("was called"))
    value = {"rows": [{"id": 1, "price": 1.5, "note": None}]}
    assert decode(coded(value).data) == value
    assert coded(value) == (value, msgspec.json.encode(value))
