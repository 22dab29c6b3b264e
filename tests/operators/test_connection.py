"""Airflow connections of the type `redis`, in every form that Airflow takes them."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import Connection

from redis_xcom import Replicated
from redis_xcom.airflow.connection import RedisServer, read
from redis_xcom.errors import BadArgument

ACCESS = {"conn_id": "shop", "conn_type": "redis", "login": None, "password": "s3cret"}
VERIFIED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


def from_uri(uri: str) -> RedisServer:
    return read(Connection.from_uri(uri, conn_id="shop"))


def from_json(**fields: object) -> RedisServer:
    return read(Connection.from_json(json.dumps(fields), conn_id="shop"))


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("redis://cache", "redis://cache:6379/0"),
        ("redis://cache:6380", "redis://cache:6380/0"),
        ("redis://cache/2", "redis://cache:6379/2"),
        ("redis://cache/?db=2", "redis://cache:6379/2"),
        ("redis://cache/2?db=2", "redis://cache:6379/2"),
        ("redis://", "redis://localhost:6379/0"),
        ("redis://[fe80::1]:6380/1", "redis://[fe80::1]:6380/1"),
        ("redis://%2Frun%2Fredis.sock/3", "unix:///run/redis.sock?db=3"),
        ("rediss://cache", "rediss://cache:6379/0"),
        ("redis://cache?ssl=true", "rediss://cache:6379/0"),
        ("redis://cache?ssl=false", "redis://cache:6379/0"),
        ("rediss://cache?ssl=false", "redis://cache:6379/0"),
    ],
)
def test_a_uri_says_host_port_database_and_tls(uri, url):
    assert from_uri(uri).url == url


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "cache", "port": 6380}, "redis://cache:6380/0"),
        ({"host": "cache", "schema": "2"}, "redis://cache:6379/2"),
        ({"host": "cache", "extra": {"db": 2}}, "redis://cache:6379/2"),
        ({"host": "cache", "extra": {"db": "2"}}, "redis://cache:6379/2"),
        ({"host": "cache", "extra": {"db": None}}, "redis://cache:6379/0"),
        ({"host": "cache", "extra": {"ssl": True}}, "rediss://cache:6379/0"),
        ({"host": "cache", "extra": {"ssl": False}}, "redis://cache:6379/0"),
        ({"host": "cache", "extra": {"ssl": "False"}}, "redis://cache:6379/0"),
        ({"host": "/run/my redis.sock"}, "unix:///run/my%20redis.sock?db=0"),
    ],
)
def test_json_says_host_port_database_and_tls(fields, url):
    assert from_json(conn_type="redis", **fields).url == url


def test_login_and_password_travel_beside_the_url():
    """So that the url can be logged."""
    server = from_uri("redis://worker:s%3Acr%40t@cache/2")
    assert server.options == {"username": "worker", "password": "s:cr@t"}
    assert "s:cr@t" not in repr(server)


def test_tls_verifies_certificate_and_host_name_unless_told_otherwise():
    assert from_uri("rediss://cache").options == VERIFIED


def test_tls_files_and_verification_come_from_the_extras():
    tls = {
        "ssl_cert_reqs": "optional",
        "ssl_check_hostname": "false",
        "ssl_ca_certs": "/etc/ca.pem",
        "ssl_certfile": "/etc/me.pem",
        "ssl_keyfile": "/etc/me.key",
    }
    server = from_json(conn_type="redis", host="cache", extra={"ssl": "true"} | tls)
    assert server.options == tls | {"ssl_check_hostname": False}


def test_without_verification_there_is_no_host_name_to_check():
    options = from_uri("rediss://cache?ssl_cert_reqs=none&ssl_check_hostname=true").options
    assert options == {"ssl_cert_reqs": "none", "ssl_check_hostname": False}


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("http://cache", "of the type 'http'"),
        ("redis://:s3cret@cache/2?db=3", "two databases: '2' and '3'"),
        ("redis://:s3cret@cache/orders", "database 'orders'"),
        ("redis://:s3cret@cache?ssl=perhaps", "ssl 'perhaps'"),
        ("rediss://:s3cret@cache?ssl_cert_reqs=maybe", "ssl_cert_reqs 'maybe'"),
        ("redis://:s3cret@cache?cluster=true", "cluster"),
        ("redis://:s3cret@%2Frun%2Fredis.sock?ssl=true", "TLS on a Unix socket"),
    ],
)
def test_a_contradiction_is_named_without_the_password(uri, words):
    with pytest.raises(BadArgument, match=words) as raised:
        from_uri(uri)
    assert "'shop'" in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "uri",
    [
        "redis://worker:s3cret@cache:6380/2",
        "rediss://worker:s3cret@cache/2?ssl_ca_certs=%2Fetc%2Fca.pem",
        "redis://worker:s3cret@%2Frun%2Fredis.sock/2",
    ],
)
def test_the_client_is_told_everything(uri):
    client = from_uri(uri).connect()
    settings = client.connection_pool.connection_kwargs
    assert settings["db"] == 2
    assert (settings["username"], settings["password"]) == ("worker", "s3cret")
    if uri.startswith("rediss"):
        assert settings["ssl_cert_reqs"] == "required"
        assert settings["ssl_check_hostname"] is True
        assert settings["ssl_ca_certs"] == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("given", "durability"),
    [
        ({}, None),
        ({"replicas": 0}, None),
        ({"replicas": None}, None),
        ({"replicas": 2}, Replicated(replicas=2)),
        ({"replicas": "1", "replicas_timeout": "0.5"}, Replicated(1, timedelta(seconds=0.5))),
        ({"replicas": 1, "replicas_timeout": 2, "ssl": True}, Replicated(1, timedelta(seconds=2))),
    ],
)
def test_extras_say_how_many_replicas_have_to_confirm(given, durability):
    assert from_json(conn_type="redis", host="cache", extra=given).durability == durability


@pytest.mark.parametrize(
    "given",
    [
        {"replicas": "some"},
        {"replicas": -1},
        {"replicas": [1]},
        {"replicas": 1, "replicas_timeout": "soon"},
        {"replicas": 1, "replicas_timeout": 60},
        {"replicas": 1, "replicas_timeout": float("inf")},
    ],
)
def test_replicas_that_cannot_be_meant_are_refused(given):
    with pytest.raises(BadArgument, match="'shop' has replicas"):
        from_json(conn_type="redis", host="cache", extra=given)


@pytest.mark.parametrize("extra", [[1], "db", 7, True])
def test_an_extra_that_is_no_object_is_refused(extra):
    with pytest.raises(BadArgument, match="'shop' has an extra that is a"):
        from_json(conn_type="redis", host="cache", extra=json.dumps(extra))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"host": "/run/\ud800"}, "no plain host name"),
        ({"host": "a?b"}, "no plain host name"),
        ({"host": "a#b"}, "no plain host name"),
        ({"host": "a:b"}, "no plain host name"),
        ({"host": "a b"}, "no plain host name"),
        ({"port": 65536}, "port 65536"),
        ({"port": -1}, "port -1"),
        ({"schema": "9" * 5000}, "database"),
        ({"extra": {"db": int("9" * 4000) * 10**1000}}, "database"),
        ({"extra": {"ssl": {"yes": 1}}}, "ssl"),
        ({"extra": {"ssl": True, "ssl_cert_reqs": ["none"]}}, "ssl_cert_reqs"),
        ({"extra": {"ssl": True, "ssl_ca_certs": {"a": 1}}}, "ssl_ca_certs that is no path"),
    ],
    ids=lambda value: "",
)
def test_what_cannot_be_meant_is_refused_by_name(fields, words):
    given = {"host": "cache", "port": 6379, "schema": "", "extra": {}} | fields
    with pytest.raises(BadArgument, match=words):
        read(SimpleNamespace(**given, **ACCESS, extra_dejson=given["extra"]))
