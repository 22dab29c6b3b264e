"""`redis-xcom gc`: what it says, and how it ends."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.singles import VALUES, single_name
from redis_xcom.airflow.xcom.stores import Store
from redis_xcom.cli.root import run
from redis_xcom.errors import StoreUnavailable
from redis_xcom.single import Single

from .conftest import CONNECTION, in_airflow

pytestmark = pytest.mark.spoils_keys
LONG_AGO = time.time() - 7200


@pytest.fixture
def say(capsys, monkeypatch):
    """`say("--delete")`: exit code, JSON objects or words, and what went to standard error."""
    monkeypatch.delenv("_AIRFLOW_PROCESS_CONTEXT", raising=False)

    def call(*words):
        code = run(["gc", *words])
        out, err = capsys.readouterr()
        told = [json.loads(line) for line in out.splitlines()] if "--json" in words else out
        return code, told, err

    yield call
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")


@pytest.fixture
def old_files(files, monkeypatch):
    """What is put there is two hours old."""
    monkeypatch.setattr("redis_xcom.airflow.xcom.naming.time.time_ns", lambda: int(LONG_AGO * 1e9))
    put = files.put

    def put_long_ago(**how):
        uri = put(**how)
        os.utime(uri.removeprefix("file://"), (LONG_AGO, LONG_AGO))
        return uri

    files.put = put_long_ago
    return files


def objects(told):
    return {row["what"]: (row["objects"], row["deleted"]) for row in told if "what" in row}


def test_it_shows_what_the_configured_stores_hold_and_removes_on_request(
    say, old_files, configured, connected
):
    configured(xcom_store=old_files.url)
    wanted, _ = old_files.put(), old_files.put(row=False)
    code, told, err = say("--json")
    assert (code, err) == (0, "")
    assert told[0] == {
        "store": old_files.url, "what": "referenced", "objects": 1, "bytes": 6, "deleted": 0,
    }  # fmt: skip
    assert objects(told)["orphaned"] == (1, 0)
    code, told, _ = say("--json", "--delete")
    assert (code, objects(told)["orphaned"]) == (0, (1, 1))
    assert old_files.left() == {wanted}
    assert say()[1].splitlines()[0].split() == ["store", "what", "objects", "bytes", "deleted"]


def test_stores_are_those_of_the_overrides_and_those_given_too(
    say, files, configured, connected, tmp_path
):
    of_overrides, given = ((tmp_path / name).as_uri() for name in ("overrides", "given"))
    overrides = {"reports.*": {"store": of_overrides}, "others.*": {"store": files.url}}
    configured(xcom_store=files.url, xcom_overrides=json.dumps(overrides))
    _, told, _ = say("--json", given)
    stores = [row["store"] for row in told if row.get("what") == "orphaned"]
    assert stores == [files.url, of_overrides, given]


def test_orphans_of_what_may_be_anothers_store_need_a_word(say, old_files, configured, connected):
    configured(xcom_store=old_files.url)
    old_files.put(row=False)
    code, told, err = say("--json", "--delete")
    assert (code, objects(told)["orphaned"]) == (1, (1, 0))
    assert "--all removes the 1 orphans" in err
    code, told, _ = say("--json", "--delete", "--all")
    assert (code, objects(told)["orphaned"]) == (0, (1, 1))


def test_a_store_that_goes_down_in_the_middle_ends_it_with_1(
    say, old_files, configured, connected, monkeypatch
):
    configured(xcom_store=old_files.url)
    old_files.put()
    old_files.put(row=False)

    def fails(_self, uri):
        raise StoreUnavailable(f"{uri}: no answer")

    monkeypatch.setattr(Store, "delete", fails)
    code, told, err = say("--json", "--delete")
    assert (code, objects(told)["orphaned"]) == (1, (1, 0))
    assert err.startswith(f"Not done: {old_files.url}")


def test_an_interrupt_tells_what_was_done(say, old_files, configured, connected, monkeypatch):
    configured(xcom_store=old_files.url)
    old_files.put()
    for _ in range(3):
        old_files.put(row=False)
    real, calls = Store.delete, iter(range(100))

    def interrupted(self, uri):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(self, uri)

    monkeypatch.setattr(Store, "delete", interrupted)
    code, told, err = say("--json", "--delete")
    assert (code, objects(told)["orphaned"]) == (1, (3, 2))
    assert err.strip() == "Stopped."


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("--grace", "soon"), ("--grace", "59s"), ("redis://nowhere_to_be_found@x",)],
)
def test_what_is_misused_ends_it_with_2(say, database, configured, connected, words):
    configured()
    code, _, err = say(*words)
    assert code == 2
    assert "Error: " in err


def test_a_configuration_that_cannot_be_meant_ends_it_with_2(say, database, configured, connected):
    configured(xcom_overrides="[")
    code, _, err = say()
    assert code == 2
    assert "xcom_overrides is no JSON" in err


def test_keys_that_never_end_are_told_and_given_an_end(say, database, configured, connected):
    configured(xcom_ttl="60")
    endless = [b"xcom-handles:{a}:ready", b"xcom-values:{b}:claims"]
    for key in endless:
        connected.set(key, 1)
    connected.set("xcom-handles:{c}:ready", 1, ex=10)
    connected.set("xcom:{orders}:ready", 1)
    code, told, _ = say("--json")
    assert (code, told) == (0, [{"keys_without_end": 2, "given_an_end": 0}])
    assert say("--json", "--delete")[1] == [{"keys_without_end": 2, "given_an_end": 2}]
    assert all(50 < connected.ttl(key) <= 60 for key in endless)
    assert connected.ttl("xcom-handles:{c}:ready") <= 10
    assert connected.ttl("xcom:{orders}:ready") == -1
    assert say("--json")[1] == [{"keys_without_end": 0, "given_an_end": 0}]


@pytest.mark.parametrize(
    ("run_id", "deployment", "ended"),
    [("here", "", 0), ("deleted", "", 1), ("deleted", "other", 0)],
)
def test_the_claim_of_an_xcom_that_never_expires_lasts_as_long_as_its_run(
    say, database, configured, connected, monkeypatch, run_id, deployment, ended
):
    """Another Airflow sees to its own claims."""
    database.do(
        "INSERT INTO dag_run (id, dag_id, run_id, run_type, bundle_version, run_after, state,"
        " log_template_id, clear_number, backfill_id, conf)"
        " VALUES (1, 'dag', 'here', 'manual', NULL, '2026-11-20', 'success', 1, 0, NULL, '{}')"
    )
    coordinate = Coordinate("dag", run_id, "task", -1, "return_value")
    configured(deployment=deployment)
    single = Single(single_name(coordinate), client=connected, prefix=VALUES)
    single.offer(asdict(coordinate), ttl=None)
    single.claim("dag/run/consumer")
    configured(deployment="")
    keys = len(list(connected.scan_iter()))
    found = say("--json")[1]
    assert found == [{"keys_without_end": ended * keys, "given_an_end": 0}]
    say("--delete")
    assert sum(connected.ttl(key) > 0 for key in connected.scan_iter()) == ended * keys
    assert single.holder().claim_id == "dag/run/consumer"


def test_a_server_that_is_away_ends_it_with_1(say, database, configured, monkeypatch, tmp_path):
    nowhere = str(tmp_path / "nobody.sock").replace("/", "%2F")
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", f"redis://{nowhere}")
    configured()
    code, _, err = say()
    assert code == 1
    assert "no answer from the server" in err
    assert say("--no-keys")[0] == 0


def test_without_such_a_connection_there_are_no_such_keys(say, database, configured):
    configured(xcom_conn_id="no_such_connection_here")
    code, told, err = say("--json")
    assert (code, told) == (0, [])
    assert "no connection 'no_such_connection_here'" in err


def test_without_airflow_it_says_where_to_run_it(say, monkeypatch):
    real = builtins.__import__

    def importing(name, *rest):
        if name.startswith("redis_xcom.airflow"):
            raise ModuleNotFoundError("No module named 'airflow'", name="airflow")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)
    code, _, err = say()
    assert code == 2
    assert "airflow db check" in err


def test_it_runs_beside_a_real_database_and_prints_nothing_but_its_figures(old_files, airflow_home):
    """As installed, in a process of its own, told by nothing but Airflow's own settings."""
    old_files.put()
    old_files.put(row=False)
    command = Path(sys.executable).with_name("redis-xcom")
    done = subprocess.run(
        [command, "gc", "--json", "--delete", "--no-keys"],
        env=in_airflow(airflow_home) | {"AIRFLOW__REDIS_XCOM__XCOM_STORE": old_files.url},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert objects(map(json.loads, done.stdout.splitlines()))["orphaned"] == (1, 1)


def test_beside_no_database_it_removes_nothing(say, old_files, configured, connected, database):
    configured(xcom_store=old_files.url)
    old_files.put(row=False)
    database.do("DROP TABLE xcom")
    code, told, err = say("--delete", "--all")
    assert (code, told) == (1, "")
    assert "no such table: xcom" in err
    assert len(old_files.left()) == 1
