"""Values in flight stay readable when the backend, its store or its settings change under them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.execution_time.task_runner import TaskRunnerMarker
from cryptography.fernet import Fernet

from redis_xcom.airflow import listener
from redis_xcom.airflow.xcom import RedisXCom, XComReference
from redis_xcom.airflow.xcom.reference import DATA, NAME
from redis_xcom.operators import aim, keep

WHERE = {"key": "rows", "task_id": "load", "dag_id": "shop", "run_id": "manual__1"}
LARGE = {"orders": [{"number": number, "pair": (1, "zwölf")} for number in range(50)]}
SMALL = (1, 2)
KEPT = ("below the threshold", "sealed, in the database", "aimed")
"""What lies in the database itself, by the names below."""

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
READER = {
    "AIRFLOW_CTX_DAG_ID": "shop",
    "AIRFLOW_CTX_TASK_ID": "report",
    "AIRFLOW_CTX_DAG_RUN_ID": "manual__1",
}

PULL = """
import json, sys
from types import SimpleNamespace
from airflow.sdk.execution_time.task_runner import TaskRunnerMarker
from airflow.sdk.execution_time.xcom import XCom
from redis_xcom.airflow import listener

listener.on_starting(TaskRunnerMarker())
for name, row in json.load(sys.stdin).items():
    try:
        seen = repr(XCom.deserialize_value(SimpleNamespace(value=row)))
    except Exception as error:
        seen = f"{type(error).__name__}: {error}"
    print(json.dumps([XCom.__name__, name, seen]))
"""
"""Another process, with another configuration, as the next task is."""


def row_of(value, backend=RedisXCom):
    """As the metadata database gives it back."""
    return json.loads(json.dumps(backend.serialize_value(value, **WHERE)))


def read_in_another_process(rows, *, backend=RedisXCom, **options):
    environment = {
        **{name: value for name, value in os.environ.items() if "REDIS_XCOM" not in name},
        **{f"AIRFLOW__REDIS_XCOM__XCOM_{name.upper()}": str(o) for name, o in options.items()},
        "AIRFLOW__CORE__XCOM_BACKEND": f"{backend.__module__}.{backend.__name__}",
        **READER,
    }
    command = [sys.executable, "-c", PULL]
    told = subprocess.run(
        command,
        input=json.dumps(rows),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert {line[0] for line in lines} == {backend.__name__}
    return {name: seen for _, name, seen in lines}


@pytest.fixture
def in_flight(configured, tmp_path):
    """Rows that tasks have pushed under one configuration after the other."""
    pushed = {"before it was switched on": row_of(LARGE, BaseXCom)}
    configured(store=(tmp_path / "first").as_uri(), threshold=100, fernet_key=OLD)
    pushed["in the first store"] = row_of(LARGE)
    pushed["below the threshold"] = row_of(SMALL)
    pushed["sealed, in the store"] = row_of(keep(LARGE, encrypt="all"))
    pushed["sealed, in the database"] = row_of(keep(SMALL, encrypt="all"))
    pushed["aimed"] = row_of(aim(SMALL, to="report"))
    configured(compression="zstd")
    pushed["compressed"] = row_of(LARGE)
    configured(compression="gzip", ttl=0)
    pushed["compressed otherwise, for ever"] = row_of(LARGE)
    configured(store=(tmp_path / "second").as_uri(), threshold=10**6)
    pushed["large, below the threshold of then"] = row_of(LARGE)
    pushed["in the second store"] = row_of(keep(LARGE, threshold=0))
    return pushed


def values(rows):
    return {
        name: repr(
            (1, 2) if "database" in name or name in {"below the threshold", "aimed"} else LARGE
        )
        for name in rows
    }


def test_they_are_spread_as_their_names_say(in_flight):
    """Or the others prove nothing."""
    stored = [name for name, row in in_flight.items() if "uri" in row.get(DATA, ())]
    kept = [name for name, row in in_flight.items() if name not in stored and DATA in row]
    assert len(stored) == 5
    assert tuple(kept) == KEPT
    assert in_flight["below the threshold"]["__classname__"] == "builtins.tuple"


def test_every_configuration_after_it_reads_them(in_flight, tmp_path):
    """Another store, threshold, compression and time to live, and a new key before the old one."""
    third = {"store": (tmp_path / "third").as_uri(), "compression": "", "ttl": 60, "threshold": 0}
    seen = read_in_another_process(in_flight, **third, fernet_key=f"{NEW},{OLD}")
    assert seen == values(in_flight)


def test_with_the_store_switched_off_they_are_read(in_flight):
    assert read_in_another_process(in_flight, fernet_key=OLD) == values(in_flight)


def test_airflows_own_backend_reads_them(in_flight):
    """Switched off: only that the package is installed counts, and the key of what is sealed."""
    seen = read_in_another_process(in_flight, backend=BaseXCom, fernet_key=OLD)
    assert seen == values(in_flight)


def test_without_the_old_key_only_what_is_sealed_is_refused(in_flight):
    seen = read_in_another_process(in_flight, fernet_key=NEW)
    refused = {name for name, saw in seen.items() if saw.startswith("XComSealed: ")}
    assert refused == {name for name in in_flight if name.startswith("sealed")}


def test_what_airflows_own_backend_has_pushed_is_read_as_ever(configured, tmp_path):
    configured(store=tmp_path.as_uri(), threshold=0)
    for value in (None, 0, "", "file:///etc/hostname", [1, (2,)], {"uri": "x"}, LARGE):
        row = SimpleNamespace(value=row_of(value, BaseXCom))
        assert RedisXCom.deserialize_value(row) == BaseXCom.deserialize_value(row) == value


def test_a_shorter_time_to_live_ends_nothing_that_is_there(configured, tmp_path):
    configured(store=tmp_path.as_uri(), threshold=0, ttl=3600)
    row = row_of(LARGE)
    configured(ttl=1)
    assert RedisXCom.deserialize_value(SimpleNamespace(value=row)) == LARGE
    assert row[DATA]["expires"] > row_of(keep(LARGE, ttl=timedelta(minutes=1)))[DATA]["expires"]


def test_only_a_task_may_load_references():
    """The scheduler and the API server show them, and read nothing from a store."""
    from airflow.sdk import serde

    allowed = serde._extra_allowed.copy()
    try:
        serde._extra_allowed.discard(NAME)
        listener.on_starting(SimpleNamespace())
        assert NAME not in serde._extra_allowed
        listener.on_starting(TaskRunnerMarker())
        assert NAME in serde._extra_allowed
        assert f"{XComReference.__module__}.{XComReference.__name__}" == NAME
    finally:
        serde._extra_allowed.clear()
        serde._extra_allowed.update(allowed)
