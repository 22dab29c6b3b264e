"""Stores of each kind, over real servers; each test has an empty one."""

from __future__ import annotations

import itertools

import pytest

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

    def connect(server_or_path, login="", **options):
        conn_id = f"redis_{next(numbers)}"
        path = str(getattr(server_or_path, "socket", server_or_path)).replace("/", "%2F")
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", f"redis://{login}{path}")
        return conn_id

    return connect


@pytest.fixture
def redis_url(server, connect_redis):
    """A store in the session's server, which is emptied."""
    with server.client() as client:
        client.flushall()
    return f"redis://{connect_redis(server)}@xcom"


@pytest.fixture
def file_url(tmp_path):
    return f"file://{tmp_path}/xcoms"


@pytest.fixture(params=["file", "redis"])
def store(request):
    """A store of each kind in turn."""
    return store_at(request.getfixturevalue(f"{request.param}_url"))
