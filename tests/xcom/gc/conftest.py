"""A metadata database as Airflow makes it, stores of files and in Redis, and values in them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest

from redis_xcom.airflow.xcom import settings
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.gc import Sweep
from redis_xcom.airflow.xcom.ledger import Ledger
from redis_xcom.airflow.xcom.naming import object_name
from redis_xcom.airflow.xcom.reference import Reference
from redis_xcom.airflow.xcom.stores import store_at

NUMBERS = count()
CONNECTION = "redis_of_gc"
LATER = timedelta(hours=2)
"""Beyond the grace: what a test writes is old by then."""
CACHED = (settings._configured, settings._overrides, settings._settings_of_task)
INSERT = """INSERT INTO xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp)
            VALUES (?, 'task', -1, 'return_value', 'dag', ?, ?, '2026-11-20 12:00:00')"""


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory):
    """Where `airflow db migrate` has made its database."""
    home = tmp_path_factory.mktemp("airflow")
    command = [Path(sys.executable).with_name("airflow"), "db", "migrate"]
    done = subprocess.run(
        command, env=in_airflow(home), capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return home


def in_airflow(home):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return kept | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}


class Database:
    """The XComs of a metadata database."""

    def __init__(self, path):
        self.path = path

    def do(self, command, *values):
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(command, values)

    def add(self, value):
        number = next(NUMBERS)
        self.do(INSERT, number, f"run-{number}", json.dumps(value))

    def forget(self, uri):
        self.do("DELETE FROM xcom WHERE instr(value, ?)", uri)


@pytest.fixture
def database(request, tmp_path, monkeypatch):
    """The rows that a sweep of this process reads: in tables of Airflow's own making.

    Of a whole database where a test asks for `airflow_home`.
    """
    from airflow import settings as airflow_settings
    from airflow.models.dagrun import DagRun
    from airflow.models.xcom import XComModel
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    real = "airflow_home" in request.fixturenames
    home = request.getfixturevalue("airflow_home") if real else tmp_path
    engine = create_engine(f"sqlite:///{home / 'airflow.db'}")
    for model in (XComModel, DagRun):
        model.__table__.create(engine, checkfirst=True)
    monkeypatch.setattr(airflow_settings, "Session", sessionmaker(engine))
    yield Database(home / "airflow.db")
    engine.dispose()


class Values:
    """Values in one store, with or without a row."""

    def __init__(self, url, database):
        self.url = url
        self.store = store_at(url)
        self._database = database

    def put(self, *, row=True, expires=None, data=b"[1, 2]", suffix=".json", index=-1):
        """Return the uri of a new value."""
        at = Coordinate("dag", f"run-{next(NUMBERS)}", "task", index, "return_value")
        name = object_name(at, expires=expires, suffix=suffix)
        uri = self.store.put(name, data, ttl=None)
        if row:
            self._database.add(Reference(type="list", bytes=len(data), uri=uri).row())
        return uri

    def left(self):
        return {one.uri for one in self.store.list()}


@pytest.fixture
def files(tmp_path, database):
    return Values((tmp_path / "xcoms").as_uri(), database)


@pytest.fixture(params=["files", "redis"])
def values(request, database):
    """A store of files, and one in Redis."""
    if request.param == "files":
        return request.getfixturevalue("files")
    request.getfixturevalue("connected")
    return Values(f"redis://{CONNECTION}@values", database)


@pytest.fixture
def connected(server, client, monkeypatch):
    """A connection that leads to the empty server; no other test's, as stores keep theirs open."""
    address = str(server.socket).replace("/", "%2F")
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", f"redis://{address}")
    return client


@pytest.fixture
def configured(monkeypatch):
    """`configured(xcom_store=url)`: what the section `[redis_xcom]` says."""

    def forget():
        for function in CACHED:
            function.cache_clear()

    def configure(**options):
        options.setdefault("xcom_conn_id", CONNECTION)
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__REDIS_XCOM__{name.upper()}", value)
        forget()

    yield configure
    forget()


@pytest.fixture
def sweep():
    """`sweep(url)`: a look two hours from now, when what the test wrote is old."""
    ledgers = []

    def make(*urls, after=LATER, **options):
        ledgers.append(Ledger())
        now = datetime.now(timezone.utc) + after
        return Sweep(ledgers[-1], urls, now=now, **options)

    yield make
    for ledger in ledgers:
        ledger.__exit__()
