"""One Airflow with the backend for all tests here: nearly every value is offloaded to files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from lab.airflow import LocalAirflow
from lab.airflow_run import Run
from lab.conformance import backends
from redis_xcom.embedded import EmbeddedServer

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DAGS = (
    HERE / "dags",
    ROOT / "bench" / "xcom" / "dags",
    ROOT / "lab" / "race" / "dags",
)
PLUGINS = HERE / "plugins"
"""Triggers of the DAGs: a triggerer knows no DAG folder."""
EXAMPLES = ("aimed_xcom.py", "exclusive_xcom.py", "hand_to_child.py")
"""Which of `examples/dags` run here; the others run in `tests/e2e`."""

AT_ONCE = 12
"""So many tasks run at a time: those of a race all at once."""

THRESHOLD = 200
"""Bytes: what is larger lies in the store."""

CONFORMANCE = {f"{dags}*": {"threshold": 0} for dags in ("conformance_", "example_", "tutorial_")}
"""Of what is compared with Airflow's own backend everything lies there."""


def pytest_collection_modifyitems(items):
    """Whichever test comes first waits for the Airflow to start, too."""
    for item in items:
        if item.path.parent == HERE and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def server(request):
    """One of this folder's own, that nobody empties: claims and handles lie there."""
    with EmbeddedServer(server=request.config.getoption("--server")) as running:
        yield running


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """The folder that large values are offloaded to."""
    return tmp_path_factory.mktemp("xcoms")


@pytest.fixture(scope="session")
def notes(tmp_path_factory):
    """The file that tasks write what they saw to, where the conformance is looked at."""
    return tmp_path_factory.mktemp("notes") / "seen"


@pytest.fixture(scope="session")
def fernet_key():
    """What seals values here, `[redis_xcom] xcom_fernet_key`."""
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def airflow(server, store, notes, fernet_key, tmp_path_factory):
    dags = tmp_path_factory.mktemp("dags")
    for folder in DAGS:
        no_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(folder, dags, dirs_exist_ok=True, ignore=no_caches)
    for name in (ROOT / "examples" / "dags" / example for example in EXAMPLES):
        shutil.copy(name, dags)
    backends.copy_dags(dags, examples=backends.QUICK)
    environment = {
        **backends.needed(notes, store.as_uri()),
        "AIRFLOW__REDIS_XCOM__XCOM_OVERRIDES": json.dumps(CONFORMANCE),
        "AIRFLOW__CORE__XCOM_BACKEND": "redis_xcom.airflow.xcom.RedisXCom",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "PYTHONPATH": str(ROOT),  # of tasks that come from lab/
        "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(
            {"conn_type": "redis", "host": str(server.socket)}
        ),
        "AIRFLOW__REDIS_XCOM__XCOM_STORE": store.as_uri(),
        "AIRFLOW__REDIS_XCOM__XCOM_THRESHOLD": str(THRESHOLD),
        "AIRFLOW__REDIS_XCOM__XCOM_FERNET_KEY": fernet_key,
        "AIRFLOW__REDIS_XCOM__QUIET": "2",  # or what a dead owner held comes back after 30 s
    }
    with LocalAirflow(dags=dags, environment=environment, parallelism=AT_ONCE) as running:
        yield running


@pytest.fixture(scope="session")
def start(airflow):
    """`start("claimed", consumers=8)`: a run of a DAG, not waited for; keywords are its conf."""

    def start(dag_id, **conf):
        return Run.start(airflow, dag_id, **conf)

    return start
