"""Clients: a url or a ready one, explicit settings, and foreign errors made ours."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
import redis

from redis_xcom import BadArgument, Queue, QueueFull, ServerError, ServerUnavailable, WrongKeyType
from redis_xcom.connect import connect
from redis_xcom.faults import translated
from redis_xcom.keys import Keys
from redis_xcom.retry import Retrying

SECRET = "hunter2"


@pytest.mark.parametrize("how", [{}, {"url": "redis://h", "client": redis.Redis()}])
def test_a_url_or_a_client_and_never_both(how):
    with pytest.raises(BadArgument, match="one of the two"):
        Queue("orders", **how)


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://h", "", f":{SECRET}@h", f"{SECRET}:6379", 7, "tcp://h"]
)
def test_a_url_of_another_kind_is_refused_and_never_repeated(url):
    with pytest.raises(BadArgument, match="url has another scheme: use redis://host") as refused:
        Queue("orders", url=url)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"redis:{SECRET}",
        f"redis://:{SECRET}@[::1/0",
        f"redis://me:{SECRET}/x@h",
        f"redis://:{SECRET}@h:99999",
        f"redis://:{SECRET}@h:-1",
        f"redis://:{SECRET}@h?socket_timeout=soon",
        f"redis://:{SECRET}@h?max_connections=-1",
        f"rediss://:{SECRET}@h?ssl_cert_reqs=perhaps",
        f"redis://:{SECRET}@h?ssl_ca_certs=/ca.pem",
        f"redis://:{SECRET}@h/orders",
        f"redis://:{SECRET}@h?db=orders",
        f"redis://:{SECRET}@h?db=-1",
        f"redis://:{SECRET}\udc80@h",
    ],
)
def test_a_url_that_leads_nowhere_is_refused_and_never_repeated(url):
    with pytest.raises(BadArgument, match="url") as refused:
        Queue("orders", url=url)
    assert SECRET not in f"{refused.value!r} {refused.value.__cause__!r}"
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    "option", ["decode_responses=1", "encoding=utf-16", "retry=1", "=1", "x=1"]
)
def test_a_url_sets_only_what_may_be_set(option):
    with pytest.raises(BadArgument, match="option"):
        Queue("orders", url=f"redis://h?{option}")


def test_a_client_that_decodes_is_refused():
    with pytest.raises(BadArgument, match="decode_responses=False"):
        Queue("orders", client=redis.Redis(decode_responses=True))


@pytest.mark.parametrize("thing", [object(), "redis://h", {}])
def test_what_is_no_client_is_refused(thing):
    with pytest.raises(BadArgument, match="not a redis-py client"):
        Queue("orders", client=thing)


def test_a_ready_client_stays_open(client):
    queue = Queue("orders", client=client)
    queue.push(1)
    queue.close()
    assert client.ping()
    queue.purge()


@pytest.mark.parametrize(
    "how",
    [{"protocol": 2}, {"protocol": 3}, {"single_connection_client": True}, {"max_connections": 2}],
)
def test_a_ready_client_of_any_making_will_do(server, client, how):
    with redis.Redis.from_url(server.url, **how) as own:
        queue = Queue("orders", client=own)
        results = Queue("results", client=own, tag="orders")
        queue.push_many(range(5), dedup_ids="abcde")
        assert [item.payload for item in queue.peek(2)] == [0, 1]
        with queue.claim(2) as claim:
            claim.reject(claim.items[0], reason="no")
        drain = queue.drain(2, forward_to=results)
        for item in drain:
            drain.forward(item.payload)
        assert queue.wait(timedelta(0)) is False
        assert queue.redrive([queue.dead()[0].id]) == 1
        stats = queue.stats()
        assert (stats.ready, stats.acked, results.stats().ready) == (1, 4, 3)
        queue.purge()


def test_our_clients_say_everything_explicitly():
    settings = connect("redis://localhost/3").connection_pool.connection_kwargs
    assert settings["db"] == 3
    assert settings["socket_timeout"] == 10
    assert settings["socket_connect_timeout"] == 5
    assert settings["protocol"] == 2
    assert settings["decode_responses"] is False
    assert isinstance(settings["retry"], Retrying)


def test_tls_verifies_certificate_and_host_name_unless_told_otherwise():
    made = connect("rediss://localhost").connection_pool.make_connection()
    assert (made.cert_reqs, made.check_hostname) == (ssl.CERT_REQUIRED, True)
    lax = connect("rediss://localhost?ssl_cert_reqs=none&ssl_check_hostname=false")
    settings = lax.connection_pool.connection_kwargs
    assert settings["ssl_cert_reqs"] == "none"


def test_a_refused_login_is_told_at_once():
    tries = []

    def log_in():
        tries.append(1)
        raise redis.AuthenticationError("WRONGPASS")

    with pytest.raises(redis.AuthenticationError):
        Retrying().call_with_retry(log_in, lambda _: None)
    assert len(tries) == 1


def test_a_password_is_in_no_repr():
    queue = Queue("orders", url=f"redis://user:{SECRET}@localhost:1/0")
    assert SECRET not in repr(queue)
    assert SECRET not in repr(queue.drain())


def test_every_foreign_error_has_one_of_ours(either_client):
    keys = Keys("orders")
    expected = {
        redis.ConnectionError("gone"): ServerUnavailable,
        redis.TimeoutError("slow"): ServerUnavailable,
        redis.AuthenticationError("WRONGPASS"): ServerError,
        redis.ResponseError("OOM command not allowed. script: abc, on @user_script:1."): QueueFull,
        redis.ResponseError("NOPERM no"): ServerError,
        redis.ResponseError("READONLY You can't write"): ServerError,
    }
    for error, kind in expected.items():
        ours = translated(error, either_client, keys)
        assert type(ours) is kind
        assert "'orders'" in str(ours)


@pytest.mark.spoils_keys
def test_a_key_of_another_type_is_named(queue, either_client):
    either_client.set("xcom:{orders}:ready", "a string")
    for act in (queue.claim, queue.peek, lambda: queue.push(1), queue.stats, queue.purge):
        with pytest.raises(WrongKeyType, match=r"xcom:\{orders\}:ready is a string, not a list"):
            act()


@pytest.mark.spoils_keys
def test_a_key_of_another_type_is_named_in_the_queue_that_is_forwarded_to(make_queue):
    queue, results = make_queue(), make_queue("results", tag="orders")
    queue.push(1)
    queue._client.set("xcom:{orders}:results:ready", "a string")
    drain = queue.drain(forward_to=results)
    with pytest.raises(WrongKeyType, match=r"xcom:\{orders\}:results:ready is a string"):
        forward_one(drain)
    assert [item.payload for item in queue.peek()] == [1]


def forward_one(drain):
    for _ in drain:
        drain.forward("x")


def test_a_server_that_is_not_there_is_told_in_bounded_time(tmp_path):
    client = redis.Redis(unix_socket_path=str(tmp_path / "nothing"), retry=None)
    queue = Queue("orders", client=client)
    drain = queue.drain()
    for act in (queue.claim, queue.peek, queue.pause, lambda: queue.push(1), lambda: list(drain)):
        with pytest.raises(ServerUnavailable, match="no answer from the server"):
            act()


def test_a_script_the_server_has_forgotten_is_sent_again(live_queue, client):
    live_queue.push(1)
    client.script_flush()
    with live_queue.claim() as claim:
        client.script_flush()
        assert claim.payloads == [1]
    client.script_flush()
    assert live_queue.stats().acked == 1
