"""Names: readable, bounded, never used twice, and known again by their form alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.naming import object_name, read_name

EXPIRES = datetime(2027, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
PLAIN = Coordinate("shop", "manual__1", "load")
ODD = [
    Coordinate("shop", "scheduled__2026-11-20T00:00:00+00:00", "load", 3, "sum of / all?"),
    Coordinate("täglich", "läuft", "größe", key="日本語"),
    Coordinate("..", ".", "...", key=""),
    Coordinate("../../etc", "a/b", "c\\d", key="nul\0 and \n"),
    Coordinate("d" * 250, "r" * 250, "t" * 250, 1_000_000, "k" * 512),
    Coordinate("ß" * 250, "ü" * 250, "ä" * 250, 12, "🙂" * 512),
    Coordinate("a*b", "c[d]", "e{f}", key="$(g)%2F~"),
    Coordinate("half", "a", "character", key="\ud800"),
]


def name_of(coordinate, expires=None, suffix=".json"):
    return object_name(coordinate, expires=expires, suffix=suffix)


def test_a_name_reads_as_what_it_is_of():
    name = name_of(Coordinate("shop", "manual__1", "load", 3, "total"), EXPIRES, ".json.zst")
    *parts, leaf = name.split("/")
    assert parts == ["shop", "manual__1", "load", "3", "total"]
    identity, _, rest = leaf.partition(".")
    assert rest == f"{int(EXPIRES.timestamp())}.json.zst"
    assert UUID(identity).version == 7


def test_an_unmapped_task_has_no_index():
    assert name_of(PLAIN).startswith("shop/manual__1/load/return_value/")


@pytest.mark.parametrize("coordinate", ODD, ids=lambda at: repr(at.dag_id[:9]))
def test_odd_names_stay_below_their_store_and_within_its_bounds(coordinate):
    name = name_of(coordinate, EXPIRES, ".json.zst.sealed")
    assert name.isascii()
    assert len(name) <= 800
    parts = name.split("/")
    assert len(parts) == 5 + (coordinate.map_index >= 0)
    assert all(0 < len(part) <= 200 and set(part) - {"."} for part in parts)
    assert not set(name) & set("*?[]{}\\ :#&=+$\0\n")
    assert read_name(f"s3://aws@bucket/base/{name}") is not None


def test_long_names_that_differ_only_at_their_end_stay_apart():
    names = {name_of(Coordinate("d" * 250, "r", "t" * 200 + end)).split("/")[2] for end in "ab"}
    assert len(names) == 2


def test_no_name_is_given_twice_and_they_sort_by_time():
    names = [name_of(PLAIN) for _ in range(1_000)]
    assert len(set(names)) == 1_000
    moments = [name.split("/")[-1][:12] for name in names]
    assert moments == sorted(moments)


@pytest.mark.parametrize("expires", [None, EXPIRES])
@pytest.mark.parametrize("suffix", [".json", ".json.zst", ".json.gz", ".json.zst.sealed"])
def test_a_name_tells_when_it_expires_what_it_holds_and_since_when(expires, suffix):
    before = datetime.now(timezone.utc)
    named = read_name(f"file:///data/xcoms/{name_of(PLAIN, expires, suffix)}")
    assert (named.expires, named.suffix) == (expires, suffix)
    assert before - timedelta(seconds=1) <= named.written <= datetime.now(timezone.utc)


ID = "019a9f0e5c0071c09c3e0123456789ab"


def test_the_form_that_is_known_again():
    assert read_name(f"a/b/c/d/{ID}.0.json") is not None
    assert read_name(f"file:///a/b/c/d/{ID}.0.json.part") is not None


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/",
        f"{ID}.0.json",
        f"b/c/d/{ID}.0.json",
        f"//c/d/e/{ID}.0.json",
        f"a/b/c/d/{ID}.0.parquet",
        f"a/b/c/d/{ID}.0.json.zst.gz",
        f"a/b/c/d/{ID}.0.json\n",
        f"a/b/c/d/{ID}.json",
        f"a/b/c/d/{ID}..json",
        f"a/b/c/d/{ID}.-1.json",
        f"a/b/c/d/{ID}.٣.json",
        f"a/b/c/d/{ID.upper()}.0.json",
        f"a/b/c/d/{ID[:12]}4{ID[13:]}.0.json",
        f"a/b/c/d/{ID[:-1]}.0.json",
        f"a/b/../d/{ID}.0.json",
        f"../a/b/c/d/{ID}.0.json",
        f"file:///data/../etc/a/b/c/d/{ID}.0.json",
        f"a/b/c?/d/{ID}.0.json",
        f"a/b/c/d/{'f' * 12}7{ID[13:]}.0.json",
        "file:///etc/passwd",
        "s3://bucket/data.json",
    ],
)
def test_anything_else_is_not_ours(uri):
    assert read_name(uri) is None
