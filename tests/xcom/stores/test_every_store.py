"""What holds for every kind of store."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

import pytest

from redis_xcom.airflow.xcom.stores import store_of
from redis_xcom.errors import BadArgument, StoreRefused, XComMissing

# aiohttp says so of gcsfs, whose event loop has nothing else to do.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Sending a large body directly with raw bytes:ResourceWarning"
)

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "data",
    [b"", b"0", b'{"a": [1, 2]}', bytes(range(256)) * 3, os.urandom(10_000_000)],
    ids=["empty", "a byte", "json", "every byte", "10 MB"],
)
def test_what_was_put_is_got(store, new_name, data):
    uri = store.put(new_name(), data, ttl=DAY)
    assert store.get(uri) == data
    assert store_of(uri).get(uri) == data


def test_a_uri_is_the_stores_url_and_the_name(store, new_name):
    name = new_name()
    first, second = store.put(name, b"1", ttl=None), store.put(new_name(), b"2", ttl=None)
    assert first.endswith(f"/{name}")
    assert first.removesuffix(name) == second[: -len(second.partition("shop/")[2]) - 5]
    assert (store.get(first), store.get(second)) == (b"1", b"2")


def test_odd_names_are_kept_apart(store, new_name):
    odd = ["..", "a b", "ä/ö", "100%", "a*b[c]?", "%2F", "a+b&c=d;e", "k" * 300, "🙂" * 100]
    uris = [store.put(new_name(dag_id, dag_id), dag_id.encode(), ttl=None) for dag_id in odd]
    assert [store.get(uri).decode() for uri in uris] == odd
    assert {listed.uri for listed in store.list()} == set(uris)
    assert all(store.delete(uri) for uri in uris)
    assert list(store.list()) == []


def test_the_second_delete_finds_nothing_and_is_no_error(store, new_name):
    uri = store.put(new_name(), b"1", ttl=DAY)
    other = store.put(new_name(), b"2", ttl=DAY)
    assert [store.delete(uri) for _ in range(3)] == [True, False, False]
    assert store.get(other) == b"2"


def test_what_is_missing_is_told_with_its_uri_and_a_remedy(store, new_name):
    uri = store.put(new_name(), b"1", ttl=DAY)
    store.delete(uri)
    with pytest.raises(XComMissing, match="Run its task again") as missing:
        store.get(uri)
    assert uri in str(missing.value)


def test_a_repeated_put_is_no_error_and_no_other_value_takes_its_place(store, new_name):
    name = new_name()
    uri = store.put(name, b"first", ttl=DAY)
    assert store.put(name, b"first", ttl=DAY) == uri
    if uri.startswith("gs:"):
        return  # the emulator does not look; test_objects.py has another one look
    with pytest.raises(StoreRefused, match="left alone"):
        store.put(name, b"second", ttl=DAY)
    assert store.get(uri) == b"first"


def test_all_that_lies_there_is_listed_with_its_age_and_size(store, new_name):
    assert list(store.list()) == []
    uris = {store.put(new_name(f"dag{n}"), b"x" * n, ttl=DAY): n for n in range(5)}
    listed = {one.uri: one for one in store.list()}
    assert {uri: one.bytes for uri, one in listed.items()} == uris
    now = datetime.now(timezone.utc)
    assert all(abs(now - one.written) < timedelta(minutes=1) for one in listed.values())
    store.delete(next(iter(uris)))
    assert len(list(store.list())) == 4


def test_a_fork_shares_no_connection(store, new_name):
    uri = store.put(new_name(), b"the parent's", ttl=DAY)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mine = store_of(uri)
            os.write(tell, mine.get(uri) + b", read by its child")
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as answer:
        assert answer.read() == b"the parent's, read by its child"
    os.waitpid(child, 0)
    assert store.get(uri) == b"the parent's"


@pytest.mark.parametrize("name", ["", "a.json", "../etc/passwd", "a/b/c/d/e.json"])
def test_what_was_not_named_by_us_is_not_touched(store, name):
    with pytest.raises(BadArgument, match="no name that a value is stored under"):
        store.put(name, b"1", ttl=None)
    for act in (store.get, store.delete, store_of):
        with pytest.raises(BadArgument, match="no name"):
            act(f"file:///{name}")
