"""The process that becomes a local Airflow: it imports Airflow once, then forks every component.

Run as ``python airflow_boot.py <log directory> <port for tasks>`` with Airflow's environment set
and a pipe as its standard input. Each child is the ordinary ``airflow <component>`` command;
forking only spares all but one of the cold imports. It ends, and with it everything that descends
from it, when a component ends, on SIGTERM, and when the pipe is closed because whoever started it
has gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from types import FrameType

COMPONENTS: dict[str, list[str]] = {
    # Tasks speak to a server of their own: on SQLite, one that serves both sometimes waits for
    # itself, when a request that is written to the audit log meets a task's change of state.
    "api-server": ["api-server", "--apps", "core"],
    "execution-api": ["api-server", "--apps", "execution", "--port", "{port}"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 2.0


def main(logs: Path, port: str) -> None:
    """Create the database, run the components until it is time to go, take everything along."""
    signal.signal(signal.SIGTERM, _leave)
    _adopt_orphans()
    _redirect(logs / "boot.log")
    try:
        _airflow("db", "migrate")
        _allow_readers_beside_a_writer()
        commands = {
            name: [word.format(port=port) for word in words] for name, words in COMPONENTS.items()
        }
        _watch({_fork(words, logs / f"{name}.log"): name for name, words in commands.items()})
    finally:
        _stop_descendants()


def _leave(_signum: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def _adopt_orphans() -> None:
    # A task whose supervisor was killed stays a descendant, so that it can be stopped too.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _watch(components: dict[int, str]) -> None:
    while not select.select([sys.stdin], [], [], 0.2)[0]:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in components:
            print(f"{components[pid]} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
            sys.exit(1)


def _stop_descendants() -> None:
    myself = psutil.Process()
    for child in myself.children(recursive=True):
        _signal(child, signal.SIGTERM)
    psutil.wait_procs(myself.children(recursive=True), timeout=GRACE_SECONDS)
    while remaining := myself.children(recursive=True):
        for child in remaining:
            _signal(child, signal.SIGKILL)
        psutil.wait_procs(remaining, timeout=GRACE_SECONDS)


def _signal(process: psutil.Process, signum: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signum)


def _fork(words: list[str], log: Path) -> int:
    if pid := os.fork():
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _redirect(log)
        _airflow(*words)
    except SystemExit as exit_:
        os._exit(exit_.code if isinstance(exit_.code, int) else 1)
    finally:
        os._exit(1)


def _airflow(*words: str) -> None:
    from airflow.__main__ import main as airflow_command

    sys.argv = ["airflow", *words]
    airflow_command()


def _redirect(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _allow_readers_beside_a_writer() -> None:
    connection = sqlite3.connect(Path(os.environ["AIRFLOW_HOME"]) / "airflow.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))  # or lab/airflow.py would be the `airflow` here
    main(Path(sys.argv[1]), sys.argv[2])
