"""What every task of a deployment pays for the backend, whether it pushes anything or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

STEPS = {
    "task": "import airflow.sdk.execution_time.task_runner",
    "backend": "from redis_xcom.airflow.xcom import RedisXCom",
    "small value": """
from airflow.sdk.bases.xcom import _XComValueWrapper as Row
row = RedisXCom.serialize_value([1], key="k", dag_id="d", task_id="t", run_id="r", map_index=-1)
assert row == RedisXCom.deserialize_value(Row(row)) == [1]
""",
    "planted": "import redis, redis_xcom.airflow.xcom.stores",
}
HEAVY = {"redis", "fsspec", "upath", "cryptography.fernet", "zstandard", "pandas"}


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """`brought["backend"]`: the modules that each step in a task's process loads."""
    told = "print(json.dumps([name for name in sys.modules if name not in seen]))"
    script = "import json, sys\n" + "".join(
        f"seen = set(sys.modules)\n{step}\n{told}\n" for step in STEPS.values()
    )
    ran = run(script, tmp_path_factory.mktemp("airflow"), XCOM_STORE="file:///nowhere")
    lines = ran.stdout.splitlines()[-len(STEPS) :]
    return {step: set(json.loads(line)) for step, line in zip(STEPS, lines, strict=True)}


def run(script, home, backend="airflow.sdk.bases.xcom.BaseXCom", **options):
    """Run it in a process of an Airflow that is configured so."""
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__XCOM_BACKEND": backend}
    settings |= {f"AIRFLOW__REDIS_XCOM__{name}": value for name, value in options.items()}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    command = [sys.executable, "-W", "ignore", "-c", script]
    return subprocess.run(
        command, env=inherited | settings, check=True, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "first", ["airflow.sdk", "redis_xcom.operators", "redis_xcom.airflow.xcom.coding"]
)
def test_airflow_finds_it_whatever_was_imported_first(tmp_path, first):
    ours = "redis_xcom.airflow.xcom.RedisXCom"
    script = f"import {first}\nfrom airflow.sdk.execution_time.xcom import XCom\nprint(XCom)"
    ran = run(script, tmp_path, backend=ours)
    assert "redis_xcom.airflow.xcom.backend.RedisXCom" in ran.stdout.splitlines()[-1]
    assert "RedisXCom" not in ran.stderr + "".join(ran.stdout.splitlines()[:-1])


def test_the_backend_is_three_small_modules(brought):
    assert brought["backend"] == {
        "redis_xcom.airflow.xcom",
        "redis_xcom.airflow.xcom.backend",
        "redis_xcom.airflow.xcom.switched_off",
    }


def test_a_small_value_loads_no_client_and_no_store(brought):
    assert "redis_xcom.airflow.xcom.coding" in brought["small value"]
    assert brought["small value"].isdisjoint(HEAVY)
    assert "redis_xcom.airflow.xcom.stores" not in brought["small value"]


def test_what_need_not_be_loaded_is_noticed(brought):
    assert brought["planted"] >= {"redis", "redis_xcom.airflow.xcom.stores"}
