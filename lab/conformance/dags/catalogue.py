"""Every kind of value a task may want to push, by a name for people."""

from __future__ import annotations

import enum
import os
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
from noting import PLANTED, STORE
from pydantic import BaseModel

Point = namedtuple("Point", "x y")  # noqa: PYI024 - the older kind is what serde looks for
WHEN = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=timezone.utc)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Text(str):
    __slots__ = ()


@dataclass
class Line:
    article: str
    count: int = 1


@dataclass
class Order:
    number: int
    lines: list[Line] = field(default_factory=list)


@attrs.define
class Parcel:
    weight: float
    label: str = "plain"


class Customer(BaseModel):
    name: str
    since: datetime


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def frame() -> Any:
    import pandas as pd

    when = pd.to_datetime(["2026-01-01", "2026-01-02"])
    return pd.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", "ü"], "when": when})


def of_numpy(make: str) -> Callable[[], Any]:
    def value() -> Any:
        import numpy as np

        return eval(make, {"np": np})

    return value


def of_airflow(make: str) -> Callable[[], Any]:
    def value() -> Any:
        import pendulum
        from airflow import sdk

        return eval(make, {"sdk": sdk, "pendulum": pendulum})

    return value


PLAIN: dict[str, Any] = {
    "None": None,
    "0": 0,
    "False": False,
    "True": True,
    "an empty text": "",
    "an empty list": [],
    "an empty dict": {},
    "a text": "plain",
    "Unicode": "ü 漢字 🙂 \x00 \u2028",
    "a lone surrogate": "\ud800",
    "a long text": "0123456789" * 1000,
    "2**53 + 1": 2**53 + 1,
    "2**63": 2**63,
    "2**64": 2**64,
    "10**30": 10**30,
    "-(2**63)": -(2**63),
    "0.1": 0.1,
    "-0.0": -0.0,
    "5e-324": 5e-324,
    "1.0": 1.0,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf inside": {"x": [float("-inf")]},
    "nested": {"a": [1, {"b": [None, True, "x"]}], "c": {}},
    "a hundred levels": deep(100),
    "two thousand levels": deep(2000),
    "a list that holds itself": endless(),
    "int keys": {1: "a", 2: "b"},
    "keys that collide": {1: "a", "1": "b"},
    "None as a key": {None: 1},
    "a tuple as a key": {(1, 2): 3},
    "dotted and odd keys": {"a.b": 1, "": 2, "ü": 3, "__data__": 4},
    "keys of Airflow's own encoding": {"__classname__": "x", "__version__": 1},
    "keys of Airflow's own encoding, inside": [{"__classname__": "x"}],
    "keys of its old encoding": {"__type": "dict", "__var": {"a": 1}},
    "keys of its old encoding, a tuple": {"__type": "tuple", "__var": [1]},
    "an OrderedDict": OrderedDict(a=1),
    "a defaultdict": defaultdict(int, a=1),
    "a Counter": Counter("aab"),
    "a tuple": (1, "a"),
    "an empty tuple": (),
    "a tuple inside": {"pair": (1, (2, 3))},
    "a set": {1, 2},
    "a frozenset": frozenset({"a"}),
    "a set of tuples": {(1, 2)},
    "a namedtuple": Point(1, 2),
    "a str of its own type": Text("t"),
    "an Enum": Colour.RED,
    "an IntEnum": Level.HIGH,
    "a datetime": WHEN,
    "a datetime without zone": WHEN.replace(tzinfo=None),
    "a date": date(2026, 2, 3),
    "a time": time(4, 5),
    "a timedelta": timedelta(days=1, microseconds=5),
    "a Decimal": Decimal("10.25"),
    "a Decimal of many digits": Decimal("0.1234567890123456789"),
    "a UUID": UUID("12345678-1234-5678-1234-567812345678"),
    "bytes": b"\x00\xff",
    "a bytearray": bytearray(b"x"),
    "complex": 1 + 2j,
    "a range": range(3),
    "a Path": Path("a/b"),
    "an object": object(),
    "a function": deep,
    "a type": int,
    "what cannot be serialised, inside": {"orders": [{"at": object()}]},
    "a dataclass": Line("nut"),
    "a dataclass of dataclasses": Order(7, [Line("nut", 2)]),
    "an attrs class": Parcel(1.5),
    "a pydantic model": Customer(name="Ada", since=WHEN),
    "models in a list": [Customer(name="Ada", since=WHEN), Line("bolt")],
    "a url": "https://example.com/x.json",
    "an s3 url": "s3://bucket/key.json",
    "a path": "/etc/hostname",
    "text like a reference": '{"__classname__": "redis_xcom.airflow.xcom.reference.Reference"}',
    "a dict like a reference": {"uri": "file:///x", "bytes": 3, "sha256": "00"},
    "text that is JSON": '{"a": 1}',
}
MADE: dict[str, Callable[[], Any]] = {
    "a DataFrame": frame,
    "a DataFrame inside": lambda: {"frame": frame(), "rows": 2},
    "an empty DataFrame": lambda: frame().head(0),
    "a Series": lambda: frame()["n"],
    "an int64 of numpy": of_numpy("np.int64(7)"),
    "a float32 of numpy": of_numpy("np.float32(0.5)"),
    "a float64 of numpy": of_numpy("np.float64(0.1)"),
    "a bool of numpy": of_numpy("np.bool_(True)"),
    "an array of numpy": of_numpy("np.array([[1, 2], [3, 4]])"),
    "numpy inside": of_numpy("{'mean': np.float64(0.5), 'n': np.int32(3)}"),
    "a DateTime of pendulum": of_airflow("pendulum.datetime(2026, 2, 3, tz='Europe/Vienna')"),
    "an Asset": of_airflow("sdk.Asset('orders', uri='x://orders')"),
    "an ObjectStoragePath": of_airflow("sdk.ObjectStoragePath('file:///data/x.csv')"),
    "a path under the store": lambda: f"{os.environ[STORE]}/{PLANTED}",
}
KEYS = {
    "a word": "word",
    "a space": "two words",
    "a slash": "a/b",
    "dots": "../../up",
    "percent": "a%2Fb",
    "Unicode": "schlüssel 漢",
    "a colon and braces": "a:{b}",
    "a long one": "k" * 500,
}


def values() -> dict[str, Callable[[], Any]]:
    return {**{name: (lambda value=value: value) for name, value in PLAIN.items()}, **MADE}
