"""A row that is a reference is read as what was written, and as nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from airflow.sdk.bases.xcom import BaseXCom

from redis_xcom.airflow.xcom.reference import DATA, NAME, VERSION, Reference
from redis_xcom.errors import XComAltered, XComExpired

NOON = datetime(2026, 12, 20, 12, tzinfo=timezone.utc)
STORED = Reference(
    type="dict[1]",
    bytes=7,
    sha256="ab" * 32,
    uri="file:///x/a.json",
    compression="zstd",
    sealed=True,
    to=("load", "sales.*"),
    dag_id="shop",
    expires=NOON,
)
KEPT = Reference(
    type="list[2]",
    bytes=5,
    value=[1, 2],
    to=("load",),
    dag_id="shop",
    task_id="extract",
    key="rows",
)
OWN_VALUES = [
    None,
    7,
    "file:///x/a.json",
    NAME,
    [NAME],
    {"uri": "file:///x/a.json", "bytes": 7, "sha256": "ab"},
    {"__data__": STORED.row()[DATA], "__version__": 1},
    {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1]},
]
MADE_UP = [
    {DATA: None},
    {DATA: []},
    {DATA: {}},
    {DATA: {"type": "x"}},
    {DATA: {"type": 1, "bytes": 1, "value": 1}},
    {DATA: {"type": "x", "bytes": "many", "value": 1}},
    {DATA: {"type": "x", "bytes": 1, "uri": 7}},
    {DATA: {"type": "x", "bytes": 1, "uri": "a://b", "sha256": None}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "to": [1]}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "to": 7}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "dag_id": []}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "task_id": 7}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "key": None}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "expires": "soon"}},
    {DATA: {"type": "x", "bytes": 1, "value": 1, "expires": 7}},
    {VERSION: 2},
    {VERSION: "1"},
    {VERSION: None},
]


@pytest.mark.parametrize("reference", [STORED, KEPT], ids=["stored", "kept"])
def test_it_comes_out_of_its_row_as_it_went_in(reference):
    assert Reference.read(reference.row()) == reference


def test_a_row_says_what_there_is_to_say_and_no_more():
    assert KEPT.row() == {
        "__classname__": "redis_xcom.airflow.xcom.XComReference",
        "__version__": 1,
        "__data__": {
            "type": "list[2]",
            "bytes": 5,
            "value": [1, 2],
            "to": ["load"],
            "dag_id": "shop",
            "task_id": "extract",
            "key": "rows",
        },
    }
    assert STORED.row()[DATA]["expires"] == "2026-12-20T12:00:00Z"


@pytest.mark.parametrize("value", OWN_VALUES, ids=repr)
def test_a_users_own_value_is_none(value):
    assert Reference.read(value) is None


@pytest.mark.parametrize("around", [lambda row: row, lambda row: [row], lambda row: {"k": row}])
def test_no_task_can_push_what_looks_like_one(around):
    with pytest.raises(AttributeError, match="reserved key __classname__"):
        BaseXCom.serialize_value(around(STORED.row()))


@pytest.mark.parametrize("change", MADE_UP, ids=repr)
def test_a_row_that_only_pretends_is_refused(change):
    with pytest.raises(XComAltered):
        Reference.read({**KEPT.row(), **change})


def test_its_time_is_over_at_the_moment_it_tells():
    second = timedelta(seconds=1)
    now = datetime.now(timezone.utc)
    Reference(type="x", bytes=1, uri="a://b", expires=None).check_time()
    Reference(type="x", bytes=1, uri="a://b", expires=now + 3600 * second).check_time()
    with pytest.raises(XComExpired, match=r"a://b has expired on .* UTC: run its task again"):
        Reference(type="x", bytes=1, uri="a://b", expires=now - second).check_time()
