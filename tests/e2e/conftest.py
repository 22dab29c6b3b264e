"""One Airflow and one server for all tests here; every test has a queue of its own."""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.airflow import LocalAirflow
from lab.airflow_run import Run
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

ROOT = Path(__file__).parents[2]
DAGS = (
    ROOT / "tests" / "e2e" / "dags",
    ROOT / "examples" / "dags",
    ROOT / "bench" / "airflow" / "dags",
)
NAMES = (f"queue-{number}" for number in itertools.count(1))


@dataclass
class Bench:
    """A queue, and the DAGs of `dags/` to run on it."""

    airflow: LocalAirflow
    queue: Queue
    client: Any
    runs: list[Run] = field(default_factory=list)

    def start(self, dag_id: str, **conf: Any) -> Run:
        self.runs.append(Run.start(self.airflow, dag_id, **{"queue": self.queue.name} | conf))
        return self.runs[-1]

    def run(self, dag_id: str, **conf: Any) -> Run:
        run = self.start(dag_id, **conf)
        run.wait()
        return run


@pytest.fixture(scope="session")
def server(request):
    """One of this folder's own: triggers that watch it go on as long as the Airflow runs."""
    with EmbeddedServer(server=request.config.getoption("--server")) as running:
        yield running


@pytest.fixture(scope="session")
def airflow(server, tmp_path_factory):
    dags = tmp_path_factory.mktemp("dags")
    for folder in DAGS:
        shutil.copytree(folder, dags, dirs_exist_ok=True)
    shutil.copy(ROOT / "lab" / "waiting.py", dags)
    connection = {"conn_type": "redis", "host": str(server.socket)}
    environment = {
        "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection),
        "AIRFLOW__REDIS_XCOM__QUIET": "2",  # or what a dead owner held comes back after 30 s
    }
    with LocalAirflow(dags=dags, environment=environment, fast_heartbeats=True) as running:
        for dag_id in ("pipeline", "orders"):
            running.api.wait_for_dag(dag_id)
        yield running


@pytest.fixture
def bench(airflow, client):
    return Bench(airflow, Queue(next(NAMES), client=client), client)


@pytest.fixture(scope="module")
def make_bench(airflow, server):
    """Benches for a file whose runs go on at once: nothing is emptied between its tests."""
    connection = server.client()
    yield lambda: Bench(airflow, Queue(next(NAMES), client=connection), connection)
    connection.close()
