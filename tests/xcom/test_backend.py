"""From a value to Airflow's row and back, through a folder of files."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import zstandard
from airflow.sdk.bases.xcom import BaseXCom
from cryptography.fernet import Fernet

from redis_xcom.airflow.xcom import RedisXCom
from redis_xcom.airflow.xcom.reader import FROM_ENVIRONMENT, Reader
from redis_xcom.airflow.xcom.reading import value_of
from redis_xcom.airflow.xcom.reference import DATA, Reference
from redis_xcom.errors import (
    BadArgument,
    BadPayload,
    NotForYou,
    StoreRefused,
    XComAltered,
    XComExpired,
    XComMissing,
    XComSealed,
)
from redis_xcom.operators import aim, keep

WHERE = {"key": "rows", "task_id": "load", "dag_id": "shop", "run_id": "manual__1"}
LARGE = [{"order": number, "note": "ein Stück Kuchen"} for number in range(50)]
SECRET = {"card": "4111-1111-1111-1111"}


@pytest.fixture
def folder(tmp_path, configured):
    """The store: a folder that takes whatever has 100 bytes of JSON."""
    configured(store=tmp_path.as_uri(), threshold=100, fernet_key=key())
    return tmp_path


def key():
    return Fernet.generate_key().decode()


def push(value):
    """Return the row, by way of JSON, as the metadata database gives it back."""
    return json.loads(json.dumps(RedisXCom.serialize_value(value, **WHERE)))


def pull(row):
    return RedisXCom.deserialize_value(SimpleNamespace(value=row))


def objects(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def read_by(monkeypatch, task_id, dag_id="shop"):
    for name, value in zip(FROM_ENVIRONMENT, (dag_id, task_id, "manual__1"), strict=True):
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("value", [None, 0, "", [], {}, "short", {"a": None}, (1,)], ids=repr)
def test_a_small_value_lies_in_the_database_as_ever(folder, value):
    row = push(value)
    assert row == json.loads(json.dumps(BaseXCom.serialize_value(value)))
    assert pull(row) == value
    assert objects(folder) == []


def test_a_large_one_lies_in_the_store_and_the_row_tells_of_it(folder):
    row = push(LARGE)
    (path,) = objects(folder)
    told = row[DATA]
    assert Path(urlsplit(told["uri"]).path) == path
    assert path.relative_to(folder).parts[:-1] == ("shop", "manual__1", "load", "rows")
    assert json.loads(path.read_bytes()) == LARGE
    assert (told["type"], told["bytes"]) == ("list[50]", path.stat().st_size)
    assert len(json.dumps(row)) < 600
    assert pull(row) == LARGE


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_it_is_compressed_if_so_configured(folder, configured, compression):
    configured(compression=compression)
    row = push(LARGE)
    (path,) = objects(folder)
    unpack = zstandard.decompress if compression == "zstd" else gzip.decompress
    assert json.loads(unpack(path.read_bytes())) == LARGE
    assert pull(row) == LARGE


def test_values_that_only_look_like_references_or_paths_are_themselves(folder):
    (uri,) = {push(LARGE)[DATA]["uri"]}
    for value in (uri, [uri], {"uri": uri}, push(LARGE)[DATA]):
        assert pull(push(value)) == value


@pytest.mark.parametrize("threshold", [100, 10_000], ids=["stored", "inline"])
def test_only_the_addressee_can_read_an_aimed_value(folder, monkeypatch, threshold, configured):
    configured(threshold=threshold)
    row = push(aim(LARGE, to=["pay", "sales.*"]))
    for task_id, dag_id in (("load", "shop"), ("payer", "shop"), ("pay", "sales2")):
        read_by(monkeypatch, task_id, dag_id)
        with pytest.raises(NotForYou) as caught:
            pull(row)
        assert str(caught.value).startswith(
            f"XCom 'rows' of shop.load is aimed at pay, sales.*: not for {dag_id}.{task_id}. "
        )
    for task_id, dag_id in (("pay", "shop"), ("any", "sales")):
        read_by(monkeypatch, task_id, dag_id)
        assert pull(row) == LARGE


@pytest.mark.parametrize("threshold", [0, 10_000], ids=["stored", "inline"])
def test_a_sealed_value_is_nowhere_to_be_read(folder, monkeypatch, threshold, configured):
    configured(threshold=threshold)
    read_by(monkeypatch, "pay")
    row = push(aim(SECRET, to="pay", encrypt=True))
    kept = json.dumps(row).encode() + b"".join(path.read_bytes() for path in objects(folder))
    assert b"4111" not in kept
    assert pull(row) == SECRET
    assert b"4111" in json.dumps(push(aim(SECRET, to="pay", encrypt=False))).encode() + b"".join(
        path.read_bytes() for path in objects(folder)
    )


def test_whom_a_sealed_value_is_for_cannot_be_altered_outside(folder, monkeypatch):
    row = push(aim(SECRET, to="pay", encrypt=True))
    row[DATA]["to"] = ["thief"]
    read_by(monkeypatch, "thief")
    with pytest.raises(NotForYou, match=r"aimed at pay: not for shop\.thief"):
        pull(row)
    del row[DATA]["to"]
    with pytest.raises(NotForYou, match=r"aimed at pay: not for shop\.thief"):
        pull(row)
    with pytest.raises(XComAltered, match="its reference says nobody"):
        value_of(row, reader=Reader("shop", "pay", "manual__1"))


def test_without_its_key_nobody_reads_it(folder, configured):
    row = push(keep(SECRET, encrypt=True))
    configured(fernet_key=key())
    with pytest.raises(XComSealed):
        pull(row)


@pytest.mark.parametrize("encrypt", [False, True], ids=["open", "sealed"])
def test_on_behalf_of_another_task_that_task_must_be_named(folder, monkeypatch, encrypt):
    row = push(aim(SECRET, to="pay", encrypt=encrypt))
    read_by(monkeypatch, "load")
    assert value_of(row, reader=Reader("shop", "pay", "manual__1")) == SECRET
    read_by(monkeypatch, "pay")
    with pytest.raises(NotForYou, match=r"not for shop\.load"):
        value_of(row, reader=Reader("shop", "load", "manual__1"))


def test_a_changed_object_is_told_and_never_read(folder):
    row = push(LARGE)
    (path,) = objects(folder)
    data = bytearray(path.read_bytes())
    for position in random.Random(7).sample(range(len(data)), 20):
        data[position] ^= 1
        path.write_bytes(data)
        with pytest.raises(XComAltered, match="somebody has changed it"):
            pull(row)
        data[position] ^= 1
    path.write_bytes(data[:-1])
    with pytest.raises(XComAltered, match="bytes that are not the"):
        pull(row)


def test_so_is_a_change_in_a_very_large_one_and_one_that_leaves_no_json(folder):
    row = push(["x" * 2_000_000, {1, 2}])
    (path,) = objects(folder)
    data = path.read_bytes()
    assert pull(row) == ["x" * 2_000_000, {1, 2}]
    for altered in (data.replace(b"x", b"y", 1), data.replace(b'"', b" ", 1)):
        path.write_bytes(altered)
        with pytest.raises(XComAltered, match="somebody has changed it"):
            pull(row)


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_what_was_never_compressed_so_is_told(folder, compression):
    told = push(keep(LARGE, encrypt=True, threshold=0))
    told[DATA]["compression"] = compression
    with pytest.raises(XComAltered, match="cannot be decompressed"):
        pull(told)


def test_a_missing_object_is_told(folder):
    row = push(LARGE)
    objects(folder)[0].unlink()
    with pytest.raises(XComMissing, match=row[DATA]["uri"]):
        pull(row)


def test_an_expired_one_is_told_though_it_may_lie_there_still(folder, monkeypatch):
    row = push(keep(LARGE, ttl=60))
    assert pull(row) == LARGE
    row[DATA]["expires"] = "2026-01-01T00:00:00Z"
    assert objects(folder)
    with pytest.raises(XComExpired, match="has expired on 2026-01-01"):
        pull(row)


def test_a_forged_reference_reads_nothing_that_is_not_ours(folder, tmp_path):
    victim = tmp_path / "passwd"
    victim.write_bytes(b'"root"')
    for uri in (victim.as_uri(), "file:///etc/passwd", f"{tmp_path.as_uri()}/../passwd"):
        forged = Reference(type="str", bytes=6, sha256="0" * 64, uri=uri).row()
        with pytest.raises(XComAltered, match="no name that a value is stored under"):
            pull(forged)
        RedisXCom.purge(SimpleNamespace(value=forged))
    assert victim.exists()


def test_what_cannot_be_serialised_is_told_by_its_place_and_nothing_is_stored(folder):
    value = {"orders": [1, 2, 3, {"at": object()}], "pad": "x" * 200}
    with pytest.raises(BadPayload, match=r"XCom 'rows' of shop.load, .*orders\[3\]\.at: object"):
        push(value)
    assert objects(folder) == []


@pytest.mark.parametrize(
    "value",
    [{"x": aim([1], to="a")}, [keep({"b": 2}, ttl=1)], ({"c": {"d": aim(7, to="a")}},)],
    ids=repr,
)
def test_what_is_said_of_a_part_of_a_value_is_not_passed_over(folder, value):
    with pytest.raises(BadPayload, match="whole, not inside another one"):
        push(value)


def test_a_wish_for_a_store_where_none_is_named_is_told(folder, configured):
    configured(store="")
    with pytest.raises(BadArgument, match=r"set \[redis_xcom\] xcom_store"):
        push(keep(LARGE, threshold=0))


def test_a_store_that_refuses_fails_the_push(folder, configured):
    (folder / "file").write_text("in the way")
    configured(store=f"{folder.as_uri()}/file")
    with pytest.raises(StoreRefused, match="a file lies where a folder should be"):
        push(LARGE)


def test_a_key_that_is_none_is_told_with_how_to_make_one(folder, configured):
    configured(fernet_key="not a key")
    with pytest.raises(BadArgument, match=r"Fernet\.generate_key"):
        push(aim(SECRET, to="pay", encrypt=True))
