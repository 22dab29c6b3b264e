"""A real Airflow on this machine: API server, scheduler, DAG processor, triggerer."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from lab.airflow_api import AirflowApi
from lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

BOOT = Path(__file__).with_name("airflow_boot.py")
INHERITED_BUT_HARMFUL = ("AIRFLOW", "PYTHON", "REDIS")
STOP_SECONDS = 15.0

# A killed task is noticed within seconds instead of minutes.
FAST_HEARTBEATS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
}


class LocalAirflow:
    """A context manager that starts Airflow, waits until it is healthy and stops it again.

    It lives in a temporary folder with a database of its own and listens on a free loopback port;
    whoever reaches the port is admin. DAGs are not paused. Nothing of the surrounding
    configuration of Airflow counts.

    :param dags: the folder of DAG files.
    :param environment: added to the environment of every component and task.
    :param parallelism: how many tasks run at a time.
    :param fast_heartbeats: notice a killed worker within seconds, for tests that kill one.
    :param triggerers: how many of them run, named ``triggerer``, ``triggerer-2`` …
    """

    def __init__(
        self,
        *,
        dags: Path,
        environment: Mapping[str, str] | None = None,
        parallelism: int = 4,
        fast_heartbeats: bool = False,
        triggerers: int = 1,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="airflow-", ignore_cleanup_errors=True)
        self.home = Path(self._folder.name)
        self.database = self.home / "airflow.db"
        self.logs = self.home / "components"
        port, self._task_port = _free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.api = AirflowApi(self.url)
        self._environment = {
            **_clean_environment(),
            **self._settings(dags=dags, port=port, parallelism=parallelism),
            **(FAST_HEARTBEATS if fast_heartbeats else {}),
            **(environment or {}),
        }
        self._triggerers = triggerers
        self._boot: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LocalAirflow:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *, timeout: float = 90.0) -> None:
        """Start everything; raise with the ends of the logs when it does not get healthy."""
        self.logs.mkdir(parents=True)
        # A session of its own: Ctrl-C reaches whoever started us, and they stop it in order.
        self._boot = subprocess.Popen(
            [sys.executable, str(BOOT), *map(str, (self.logs, self._task_port, self._triggerers))],
            env=self._environment,
            cwd=self.home,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            wait_until(self._healthy, "Airflow to be healthy", timeout=timeout)
        except (TimeoutError, ChildProcessError) as error:
            raise RuntimeError(f"Airflow did not start: {error}\n{self.log_tail()}") from error
        self.api.log_in()

    def stop(self) -> None:
        """Stop every process that was started, and all that they started; delete the folder."""
        self.api.close()
        if boot := self._boot:
            self._boot = None
            _end(boot)
        self._folder.cleanup()

    def log_tail(self, *, lines: int = 15) -> str:
        """Answer the last lines each component wrote."""
        return "\n".join(
            f"── {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
            for log in sorted(self.logs.glob("*.log"))
        )

    def processes(self) -> list[psutil.Process]:
        """Answer every process of this Airflow that lives now, tasks included."""
        return psutil.Process(self._boot.pid).children(recursive=True) if self._boot else []

    @property
    def pid(self) -> int:
        """The process that all others descend from, and that adopts whoever loses its parent."""
        return self._boot.pid

    def component(self, name: str) -> psutil.Process:
        """Answer the process that is this component now, `scheduler` or `triggerer-2`."""
        return psutil.Process(self._pid(name))

    def restart(self, name: str) -> None:
        """Kill a component with SIGKILL and start it anew; what it had started lives on."""
        killed = self._pid(name)
        os.write(self._boot.stdin.fileno(), f"{name}\n".encode())
        wait_until(lambda: self._pid(name) != killed, f"{name} to be started anew")

    def _pid(self, name: str) -> int:
        return int((self.logs / f"{name}.pid").read_text())

    def _healthy(self) -> bool:
        if self._boot is None or self._boot.poll() is not None:
            raise ChildProcessError("a component has ended")
        health = self.api.health()
        return set(health.values()) == {"healthy"} and _listens(self._task_port)

    def _settings(self, *, dags: Path, port: int, parallelism: int) -> dict[str, str]:
        for_tasks = f"http://127.0.0.1:{self._task_port}/execution/"
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags.resolve()),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.database}?timeout=20",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(parallelism),
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(parallelism),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": for_tasks,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            # A supervisor sometimes sees the end of its task only at its next heartbeat.
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            # A task whose start is answered late on a busy machine would be taken for failed.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }


def _clean_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(INHERITED_BUT_HARMFUL) and not name.lower().endswith("_proxy")
    }


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(boot: subprocess.Popen[bytes]) -> None:
    descendants = psutil.Process(boot.pid).children(recursive=True) if boot.poll() is None else []
    boot.terminate()
    try:
        boot.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        boot.kill()
        boot.wait()
    for process in descendants:
        if process.is_running():
            process.kill()
    if boot.stdin:
        boot.stdin.close()
