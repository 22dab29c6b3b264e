"""Stores of each kind, over real servers; each test has an empty one."""

from __future__ import annotations

import itertools

import pytest
from airflow.sdk.io import fs

import lab.gcs
from lab.object_servers import GcsServer, S3Server
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.naming import object_name
from redis_xcom.airflow.xcom.stores import store_at

numbers = itertools.count()


@pytest.fixture
def new_name():
    """`new_name()`: what a value may be called."""

    def name(dag_id="shop", key="return_value", **how):
        coordinate = Coordinate(dag_id, "manual__1", "load", key=key)
        return object_name(coordinate, **{"expires": None, "suffix": ".json"} | how)

    return name


@pytest.fixture
def connect_redis(monkeypatch):
    """`connect_redis(server)` returns the id of an Airflow connection that leads there."""

    def connect(server_or_path, login="", conn_id=None):
        conn_id = conn_id or f"redis_{next(numbers)}"
        path = str(getattr(server_or_path, "socket", server_or_path)).replace("/", "%2F")
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", f"redis://{login}{path}")
        return conn_id

    return connect


@pytest.fixture
def redis_url(server, connect_redis):
    """A store in the session's server, which is emptied."""
    with server.client() as client:
        client.flushall()
    return f"redis://{connect_redis(server, conn_id='redis_of_the_session')}@xcom"


@pytest.fixture
def file_url(tmp_path):
    return f"file://{tmp_path}/xcoms"


@pytest.fixture(scope="session")
def s3():
    with S3Server() as running:
        yield running


@pytest.fixture(scope="session")
def gcs():
    with GcsServer() as running:
        yield running


@pytest.fixture
def connect_objects(monkeypatch):
    """`connect_objects(connection)` returns the id of an Airflow connection made from this JSON."""

    def connect(connection, conn_id=None):
        conn_id = conn_id or f"objects_{next(numbers)}"
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", connection)
        return conn_id

    return connect


@pytest.fixture
def new_bucket():
    """`new_bucket(server)` returns the name of an empty one."""

    def create(server):
        name = f"values-{next(numbers)}"
        server.create_bucket(name)
        return name

    return create


@pytest.fixture
def s3_url(s3, connect_objects, new_bucket):
    conn_id = connect_objects(s3.connection(), "s3_of_the_session")
    return f"s3://{conn_id}@{new_bucket(s3)}/xcoms"


@pytest.fixture
def gs_scheme(monkeypatch):
    """`gs://` is registered, as the provider would do it that is not installed here."""
    monkeypatch.setitem(fs._BUILTIN_SCHEME_TO_FS, "gs", lab.gcs.get_fs)
    fs._register_filesystems.cache_clear()
    yield
    fs._register_filesystems.cache_clear()


@pytest.fixture
def gs_url(gcs, gs_scheme, connect_objects, new_bucket):
    conn_id = connect_objects(gcs.connection(), "gs_of_the_session")
    return f"gs://{conn_id}@{new_bucket(gcs)}/xcoms"


@pytest.fixture(params=["file", "redis", "s3", "gs"])
def store(request):
    """A store of each kind in turn."""
    return store_at(request.getfixturevalue(f"{request.param}_url"))
