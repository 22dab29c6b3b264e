"""Values in Redis: readable by hand, gone when their time is over, refused with a reason."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest

from lab.below.pair import Pair
from lab.proxy import Proxy
from redis_xcom import blobs, retry
from redis_xcom.airflow.xcom.stores import store_at
from redis_xcom.blobs import Blobs
from redis_xcom.errors import BadName, StoreRefused, StoreUnavailable, XComMissing

DAY = timedelta(days=1)


@pytest.fixture
def store(redis_url):
    return store_at(redis_url)


@pytest.fixture
def raw(server):
    with server.client() as client:
        yield client
        client.flushall()


@pytest.fixture
def own(make_server, connect_redis):
    """`own(maxmemory="4mb")`: a server of the test's own, and a store in it."""

    def make(login="", **settings):
        server = make_server(settings=settings)
        return server, store_at(f"redis://{connect_redis(server, login)}@xcom")

    return make


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(blobs, "SOCKET_TIMEOUT", 0.5)
    monkeypatch.setattr(blobs, "PATIENCE", 0.4)


@pytest.fixture
def proxied(server, redis_url, connect_redis):
    """`proxied(swallow=0.3)`: a proxy before the server, and a store behind it."""
    proxies = []

    def make(**faults):
        proxy = Proxy(server.socket, **faults).__enter__()
        proxies.append(proxy)
        conn_id = connect_redis(proxy.url.removeprefix("unix://"))
        return proxy, store_at(f"redis://{conn_id}@xcom")

    yield make
    for proxy in proxies:
        proxy.__exit__(None, None, None)


def test_a_value_is_a_plain_string_under_its_name(store, raw, new_name):
    name = new_name()
    store.put(name, b'{"order": 7}', ttl=DAY)
    assert raw.keys() == [f"xcom:value:{name}".encode()]
    assert raw.get(f"xcom:value:{name}") == b'{"order": 7}'


def test_it_lasts_as_long_as_it_is_to_and_no_longer(store, raw, new_name, eventually):
    names = [new_name() for _ in range(3)]
    spans = (DAY, None, timedelta(milliseconds=1))
    uris = [store.put(name, b"1", ttl=span) for name, span in zip(names, spans, strict=True)]
    assert 86_000_000 < raw.pttl(f"xcom:value:{names[0]}") <= 86_400_000
    assert raw.pttl(f"xcom:value:{names[1]}") == -1
    eventually(lambda: not raw.exists(f"xcom:value:{names[2]}"), "the last one to expire")
    with pytest.raises(XComMissing, match="its time is over"):
        store.get(uris[2])
    assert store.delete(uris[2]) is False


def test_stores_of_other_prefixes_are_apart(server, redis_url, connect_redis, new_name):
    conn_id = connect_redis(server)
    stores = [store_at(f"redis://{conn_id}@{prefix}") for prefix in ("a", "b", "ab")]
    uris = [store.put(new_name(), b"1", ttl=DAY) for store in stores]
    assert [[one.uri for one in store.list()] for store in stores] == [[uri] for uri in uris]


def test_thousands_of_values_are_listed_once_each(store, raw, new_name):
    names = {new_name() for _ in range(2_500)}
    raw.mset({f"xcom:value:{name}": name for name in names})
    raw.set("xcom:value:foreign", "1")
    raw.hset("xcom:value:hash", "a", "1")
    listed = list(store.list())
    assert {one.uri.partition("@xcom/")[2] for one in listed} == names
    assert len(listed) == len(names)
    assert all(one.bytes == len(one.uri.partition("@xcom/")[2]) for one in listed)


def test_a_server_that_is_full_refuses_and_what_is_there_stays(own, new_name):
    _, store = own(maxmemory="6mb")
    uris = []
    with pytest.raises(StoreRefused, match="maxmemory is reached, nothing was stored"):
        while True:
            uris.append(store.put(new_name(), os.urandom(500_000), ttl=DAY))
    assert len(uris) == len(list(store.list())) > 1
    assert len(store.get(uris[0])) == 500_000
    assert store.delete(uris[0])


REMEDY = r"~xcom:value:\* \+set \+get \+del \+scan \+strlen "
ACL = ("on", ">secret", "~xcom:value:*", "+client|setname")


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        ((), ()),
        (("+get", "+scan", "+strlen"), ("get", "list")),
        (blobs.RIGHTS.split(), ("put", "get", "delete", "list")),
        (("+@all", "resetkeys", "~other:*"), ("list",)),
    ],
    ids=["no command", "reading", "as told", "no key"],
)
def test_a_login_may_do_what_its_acl_says(own, new_name, rights, allowed):
    server, store = own("worker:secret@")
    with server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "worker", *ACL, *rights)
        name = new_name()
        admin.set(f"xcom:value:{name}", b"1")
    uri = f"{store._base}/{name}"
    acts = {
        "put": lambda: store.put(new_name(), b"1", ttl=DAY),
        "get": lambda: store.get(uri),
        "list": lambda: list(store.list()),
        "delete": lambda: store.delete(uri),
    }
    for act, do in acts.items():
        if act in allowed:
            do()
            continue
        with pytest.raises(StoreRefused, match=REMEDY):
            do()


def test_a_wrong_password_is_told_without_repeating_it(own, new_name):
    _, store = own("worker:wrong-secret@")
    with pytest.raises(StoreRefused, match="login") as refused:
        store.put(new_name(), b"1", ttl=DAY)
    assert "wrong-secret" not in str(refused.value)


def test_a_server_that_was_killed_is_told(impatient, own, new_name):
    server, store = own()
    uri = store.put(new_name(), b"1", ttl=DAY)
    server.kill()
    for act in (lambda: store.get(uri), lambda: store.put(new_name(), b"1", ttl=DAY)):
        with pytest.raises(StoreUnavailable, match="no answer from the server"):
            act()


def test_a_server_that_hangs_is_given_up(impatient, proxied, new_name):
    proxy, store = proxied()
    uri = store.put(new_name(), b"1", ttl=DAY)
    proxy.silent = True
    began = time.monotonic()
    for act in (
        lambda: store.get(uri),
        lambda: store.put(new_name(), bytes(5_000_000), ttl=DAY),
        lambda: list(store.list()),
    ):
        with pytest.raises(StoreUnavailable):
            act()
    assert time.monotonic() - began < 15


def test_lost_replies_cost_nothing(proxied, new_name, seed):
    proxy, store = proxied(swallow=0.3, seed=seed, victims=frozenset({b"SET", b"GET", b"DEL"}))
    values = {store.put(new_name(), bytes([n]), ttl=DAY): bytes([n]) for n in range(50)}
    assert {uri: store.get(uri) for uri in values} == values
    for uri in values:
        store.delete(uri)
    assert list(store.list()) == []
    assert proxy.seen["swallowed"] > 10


def test_a_value_is_there_once_as_many_replicas_have_it_as_the_connection_says(
    request, monkeypatch, new_name
):
    monkeypatch.setattr(retry, "LONGEST_PAUSE", 0.05)
    with Pair(server=request.config.getoption("--server")) as pair:
        where = str(pair.primary.socket).replace("/", "%2F")
        query = "replicas=1&replicas_timeout=0.1"
        monkeypatch.setenv("AIRFLOW_CONN_REPLICATED", f"redis://{where}/?{query}")
        store = store_at("redis://replicated@xcom")
        name = new_name()
        for _ in range(2):
            uri = store.put(name, b"1", ttl=DAY)
        with pair.replica.client() as client:
            assert client.get(f"xcom:value:{name}") == b"1"
            assert client.pttl(f"xcom:value:{name}") > 0
        pair.cut_off()
        with pytest.raises(StoreUnavailable, match="too few replicas have confirmed"):
            store.put(new_name(), b"2", ttl=DAY)
        assert store.get(uri) == b"1"


def test_what_is_larger_than_redis_takes_is_refused_before_it_is_sent(
    store, raw, new_name, monkeypatch
):
    monkeypatch.setattr(blobs, "LARGEST", 1_000)
    with pytest.raises(StoreRefused, match="1001 bytes are more than the 1000 that Redis takes"):
        store.put(new_name(), bytes(1_001), ttl=DAY)
    assert raw.keys() == []


def test_what_the_servers_own_bound_refuses_is_told(impatient, own, new_name):
    _, store = own(**{"proto-max-bulk-len": "1mb"})
    with pytest.raises((StoreRefused, StoreUnavailable)):
        store.put(new_name(), bytes(2_000_000), ttl=DAY)
    uri = store.put(new_name(), bytes(900_000), ttl=DAY)
    assert len(store.get(uri)) == 900_000


def test_a_key_that_holds_something_else_is_told_and_left_alone(store, raw, new_name):
    name = new_name()
    raw.rpush(f"xcom:value:{name}", "mine")
    for act in (
        lambda: store.put(name, b"1", ttl=DAY),
        lambda: store.get(f"{store._base}/{name}"),
    ):
        with pytest.raises(StoreRefused, match="WRONGTYPE"):
            act()
    assert raw.lrange(f"xcom:value:{name}", 0, -1) == [b"mine"]


def test_a_prefix_that_would_touch_other_keys_is_refused(client):
    for prefix in ("a*", "{a}", "", "a b"):
        with pytest.raises(BadName):
            Blobs(client, prefix)


@pytest.mark.parametrize("size", [6_000, 6_001, 1_048_575, 1_048_576, 1_048_577, 3_000_000])
def test_values_around_the_size_of_a_piece_are_whole(store, new_name, size):
    data = os.urandom(size)
    assert store.get(store.put(new_name(), data, ttl=DAY)) == data
