"""What a task has pushed goes with its XCom, and no store keeps its next try from beginning."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import DeleteXCom, GetXCom, XComResult

from redis_xcom.airflow.xcom import RedisXCom
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.naming import object_name
from redis_xcom.airflow.xcom.reference import DATA, NAME, Reference
from redis_xcom.airflow.xcom.stores import Store, store_at

AT = Coordinate("shop", "manual__1", "load", -1, "rows")
WHERE = {"key": "rows", "dag_id": "shop", "run_id": "manual__1", "task_id": "load"}


def stored(url):
    """Return the store and the row of a value in it."""
    store = store_at(url)
    uri = store.put(object_name(AT, expires=None, suffix=".json"), b"[1]", ttl=None)
    return store, Reference(type="list", bytes=3, uri=uri).row()


@pytest.fixture
def in_files(tmp_path):
    return stored(tmp_path.as_uri())


@pytest.fixture
def own_server(make_server, monkeypatch):
    """A server of the test's own, as the connection `redis_of_purge`."""
    server = make_server()
    address = str(server.socket).replace("/", "%2F")
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_OF_PURGE", f"redis://{address}")
    return server


@pytest.fixture
def supervisor(monkeypatch):
    """Answers with the row it is given, and keeps what it was asked."""

    class Supervisor:
        row = None

        def __init__(self):
            self.asked = []

        def send(self, message):
            self.asked.append(type(message))
            if isinstance(message, GetXCom):
                return XComResult(key=message.key, value=self.row)
            return None

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", made := Supervisor(), raising=False)
    return made


def purge(row):
    RedisXCom.purge(SimpleNamespace(value=row))


def left(store):
    return [one.uri for one in store.list()]


def test_the_value_goes_and_to_repeat_it_changes_nothing(in_files, caplog):
    store, row = in_files
    for _ in range(3):
        purge(row)
        assert left(store) == []
    assert caplog.records == []


def test_only_the_rows_own_value_goes(in_files, tmp_path):
    store, row = in_files
    _, other = stored(tmp_path.as_uri())
    purge(row)
    assert left(store) == [other[DATA]["uri"]]


@pytest.mark.parametrize("row", [None, 7, "text", [], {}, {"uri": "file:///a/b"}], ids=repr)
def test_a_users_own_value_is_nothing_to_remove(row, caplog):
    purge(row)
    assert caplog.records == []


def test_a_store_that_is_down_keeps_no_try_from_beginning(own_server, supervisor, caplog):
    """The XCom is deleted all the same: what is left in the store expires, or is an orphan."""
    _, supervisor.row = stored("redis://redis_of_purge@values")
    own_server.kill()
    with caplog.at_level(logging.WARNING):
        RedisXCom.delete(**WHERE)
    assert supervisor.asked == [GetXCom, DeleteXCom]
    (told,) = caplog.records
    assert "it is left to expire" in told.getMessage()
    assert supervisor.row[DATA]["uri"].partition("@values/")[2] in told.getMessage()


@pytest.mark.parametrize(
    "error", [OSError("disk"), RuntimeError("a library's own"), ImportError("a provider")]
)
def test_neither_does_whatever_else_goes_wrong_there(in_files, caplog, monkeypatch, error):
    def fails(_self, _uri):
        raise error

    monkeypatch.setattr(Store, "delete", fails)
    purge(in_files[1])
    assert str(error) in caplog.text


@pytest.mark.parametrize(
    "row",
    [
        Reference(
            type="list",
            bytes=3,
            uri="redis://no_such_conn@x/" + object_name(AT, expires=None, suffix=".json"),
        ).row(),
        {"__classname__": NAME, "__version__": 99, DATA: {}},
        {"__classname__": NAME, "__version__": 1, DATA: "nonsense"},
    ],
    ids=["connection gone", "newer version", "nonsense"],
)
def test_neither_does_a_reference_that_leads_nowhere(row, caplog):
    purge(row)
    assert "it is left to expire" in caplog.text
