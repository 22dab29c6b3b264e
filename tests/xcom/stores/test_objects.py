"""Object storages that refuse, are away, hang or crawl: each its error, in bounded time."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import pytest

from lab.door import Door
from lab.ports import free_port
from redis_xcom.airflow.xcom import calls
from redis_xcom.airflow.xcom.stores import store_at
from redis_xcom.errors import (
    BadArgument,
    StoreError,
    StoreRefused,
    StoreUnavailable,
    XComMissing,
)

# aiohttp says so of gcsfs, whose event loop has nothing else to do.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Sending a large body directly with raw bytes:ResourceWarning"
)

LARGE = bytes(range(250)) * 2_000


def acts(store, name):
    """What a store can be asked, each to be tried."""
    uri = f"{store._base}/{name}"
    return {
        "put": lambda: store.put(name, b"1", ttl=None),
        "get": lambda: store.get(uri),
        "delete": lambda: store.delete(uri),
        "list": lambda: list(store.list()),
    }


@pytest.fixture
def leading(connect_objects):
    """`leading("s3", url, "bucket")`: a store there."""

    def make(scheme, url, bucket, **login):
        extra = {"endpoint_url": url, "region_name": "us-east-1", "project": "lab"}
        told = {"login": "nobody", "password": "nothing"} | login | {"extra": extra}
        conn_id = connect_objects(json.dumps({"conn_type": "aws"} | told))
        return store_at(f"{scheme}://{conn_id}@{bucket}/xcoms")

    return make


@pytest.fixture(params=["s3", "gs"])
def scheme(request):
    if request.param == "gs":
        request.getfixturevalue("gs_scheme")
    return request.param


@pytest.fixture
def running(request, scheme):
    """The server that speaks this scheme."""
    return request.getfixturevalue({"s3": "s3", "gs": "gcs"}[scheme])


@pytest.fixture
def door(running):
    with Door(running.port) as standing:
        yield standing


@pytest.fixture
def behind(door, scheme, running, leading, new_bucket):
    """A store behind the door."""
    return leading(scheme, door.url, new_bucket(running))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(calls, "QUIET", 0.2)
    monkeypatch.setattr(calls, "PATIENCE", 0.2)
    monkeypatch.setattr(calls, "LEAST", 0.4)


@pytest.mark.parametrize("act", ["put", "get", "delete"])
def test_a_bucket_that_is_not_there_is_told_as_that(scheme, running, leading, new_name, act):
    store = leading(scheme, running.url, "nowhere")
    with pytest.raises(StoreRefused, match="there is no bucket 'nowhere': create it") as refused:
        acts(store, new_name())[act]()
    assert "xcom_store" in str(refused.value)


def test_nor_are_its_values_listed(scheme, running, leading, new_name):
    store = leading(scheme, running.url, "nowhere")
    with pytest.raises(StoreRefused, match="no bucket"):
        list(store.list())


@pytest.mark.parametrize("act", ["put", "get", "delete", "list"])
@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_away_is_told_as_that(scheme, leading, new_name, act):
    store = leading(scheme, f"http://127.0.0.1:{free_port()}", "values")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        acts(store, new_name())[act]()


@pytest.mark.parametrize("act", ["put", "get", "delete", "list"])
@pytest.mark.usefixtures("impatient")
def test_a_server_that_hangs_is_given_up(behind, door, new_name, act):
    door.silent = True
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="silent for"):
        acts(behind, new_name())[act]()
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_overloaded_for_ever_is_given_up(behind, door, new_name):
    door.refuses = lambda _: 503
    with pytest.raises(StoreUnavailable):
        behind.put(new_name(), b"1", ttl=None)
    assert door.refused > 0


def test_a_server_that_is_overloaded_for_a_moment_is_asked_again(behind, door, new_name):
    door.refuses = lambda _: None if door.refused else 503
    uri = behind.put(new_name(), b"1", ttl=None)
    assert door.refused == 1
    assert behind.get(uri) == b"1"


def test_a_server_that_crawls_is_waited_for(behind, door, new_name, monkeypatch):
    uri = behind.put(new_name(), LARGE, ttl=None)
    monkeypatch.setattr(calls, "QUIET", 0.1)
    monkeypatch.setattr(calls, "LEAST", 0.0)
    monkeypatch.setattr(calls, "SLOWEST", 10_000)
    door.hesitant = True
    assert behind.get(uri) == LARGE


@pytest.mark.parametrize("act", ["put", "get", "delete", "list"])
def test_who_may_not_is_told_so(behind, door, new_name, act):
    door.refuses = lambda _: 403
    with pytest.raises(StoreRefused, match="rights to read, write, delete and list"):
        acts(behind, new_name())[act]()


def test_a_repeated_put_finds_its_own_value_and_leaves_another_alone(behind, door, new_name):
    """As Google answers: the emulator does not look whether the name is taken."""
    name = new_name()
    uri = behind.put(name, b"first", ttl=None)
    door.refuses = lambda asked: 412 if "ifGenerationMatch=0" in asked.path else None
    assert behind.put(name, b"first", ttl=None) == uri
    with pytest.raises(StoreRefused, match="left alone"):
        behind.put(name, b"second", ttl=None)
    assert behind.get(uri) == b"first"


@pytest.fixture(scope="module")
def users(s3):
    """Login and password by what the user may do."""
    rights = {"nothing": (), "read": ("s3:GetObject", "s3:ListBucket"), "all": ("s3:*",)}
    return {may: s3.create_user(f"may-{may}", *rights[may]) for may in rights}


class TestS3:
    @pytest.fixture
    def scheme(self):
        return "s3"

    def store_of(self, user, *, leading, s3, bucket):
        return leading("s3", s3.url, bucket, login=user[0], password=user[1])

    def test_rights_are_asked_of_the_real_thing(self, s3, users, leading, new_bucket, new_name):
        bucket = new_bucket(s3)
        everything, reader, nobody = (
            self.store_of(users[may], leading=leading, s3=s3, bucket=bucket)
            for may in ("all", "read", "nothing")
        )
        with s3.guarded():
            uri = everything.put(new_name(), b"1", ttl=None)
            name = uri.partition("/xcoms/")[2]
            assert acts(reader, name)["get"]() == b"1"
            for act in ("put", "delete"):
                with pytest.raises(StoreRefused, match="PermissionError"):
                    acts(reader, name)[act]()
            for act in acts(nobody, name).values():
                with pytest.raises(StoreRefused, match="PermissionError"):
                    act()
            assert everything.get(uri) == b"1"

    def test_a_wrong_password_is_told_without_repeating_it(
        self, s3, users, leading, new_bucket, new_name
    ):
        user = (users["all"][0], "not-the-secret")
        store = self.store_of(user, leading=leading, s3=s3, bucket=new_bucket(s3))
        with s3.guarded(), pytest.raises(StoreRefused) as refused:
            store.put(new_name(), b"1", ttl=None)
        assert "not-the-secret" not in str(refused.value)

    def test_a_storage_that_cannot_look_for_a_name_takes_values_all_the_same(
        self, behind, door, new_name
    ):
        door.refuses = lambda asked: 501 if "If-None-Match" in asked.headers else None
        uris = [behind.put(new_name(), b"1", ttl=None) for _ in range(2)]
        assert [behind.get(uri) for uri in uris] == [b"1", b"1"]
        assert door.refused == 1

    def test_a_task_that_runs_in_an_event_loop_uses_it_too(self, s3_url, new_name):
        async def work():
            store = store_at(s3_url)
            return store.get(store.put(new_name(), b"1", ttl=None))

        assert asyncio.run(work()) == b"1"

    def test_a_library_that_is_missing_is_named(self, s3, leading, monkeypatch):
        monkeypatch.setitem(sys.modules, "s3fs", None)
        with pytest.raises(BadArgument, match=r"install apache-airflow-providers-amazon\[s3fs\]"):
            leading("s3", s3.url, "values")


def test_what_a_library_says_beyond_that_is_passed_on(behind, door, new_name):
    door.refuses = lambda _: 418
    with pytest.raises(StoreError, match="418") as failed:
        behind.put(new_name(), b"1", ttl=None)
    assert type(failed.value) is StoreError


def test_a_missing_object_is_no_missing_bucket(behind, new_name):
    with pytest.raises(XComMissing, match="lifecycle"):
        acts(behind, new_name())["get"]()
