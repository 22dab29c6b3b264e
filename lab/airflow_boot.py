"""The process that becomes a local Airflow: it imports Airflow once, then forks every component.

Run as ``python airflow_boot.py <log directory> <port for tasks> <triggerers>`` with Airflow's
environment set and a pipe as its standard input. Each child is the ordinary ``airflow <component>``
command; forking only spares all but one of the cold imports. A component's name on a line of the
pipe kills it (SIGKILL, what it started lives on) and starts it anew; ``<name>.pid`` beside the logs
tells which process it is. Everything ends, and with it whatever descends from here, when a
component ends by itself, on SIGTERM, and when the pipe is closed because whoever started it has
gone.
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
POLL_SECONDS = 0.2


def main(logs: Path, port: str, triggerers: str) -> None:
    """Create the database, run the components until it is time to go, take everything along."""
    signal.signal(signal.SIGTERM, _leave)
    _adopt_orphans()
    _redirect(logs / "boot.log")
    try:
        _airflow("db", "migrate")
        _allow_readers_beside_a_writer()
        components = Components(logs, _commands(port, int(triggerers)))
        while (names := _asked_for()) is not None:
            for name in names:
                components.restart(name)
            components.check()
    finally:
        _stop_descendants()


def _commands(port: str, triggerers: int) -> dict[str, list[str]]:
    commands = {
        name: [word.format(port=port) for word in words] for name, words in COMPONENTS.items()
    }
    others = {f"triggerer-{number}": commands["triggerer"] for number in range(2, triggerers + 1)}
    return commands | others


class Components:
    """The processes that make up this Airflow, by name.

    :param logs: where each writes its log, and where its process id is told.
    :param commands: the words of each one's ``airflow`` command.
    """

    def __init__(self, logs: Path, commands: dict[str, list[str]]) -> None:
        self._logs = logs
        self._commands = commands
        self._pids = {name: self._start(name) for name in commands}

    def restart(self, name: str) -> None:
        os.kill(self._pids[name], signal.SIGKILL)
        os.waitpid(self._pids[name], 0)
        self._pids[name] = self._start(name)

    def check(self) -> None:
        """Exit when one of them has ended; bury whatever else has."""
        pid, status = os.waitpid(-1, os.WNOHANG)
        for name in (name for name, running in self._pids.items() if running == pid):
            print(f"{name} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
            sys.exit(1)

    def _start(self, name: str) -> int:
        pid = _fork(self._commands[name], self._logs / f"{name}.log")
        told = self._logs / f"{name}.pid"
        told.with_suffix(".new").write_text(str(pid))
        told.with_suffix(".new").replace(told)
        return pid


def _asked_for() -> list[str] | None:
    """Wait a moment for names of components; None when nobody is there any more to ask."""
    if not select.select([sys.stdin], [], [], POLL_SECONDS)[0]:
        return []
    return os.read(sys.stdin.fileno(), 4096).decode().split() or None


def _leave(_signum: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def _adopt_orphans() -> None:
    # A task whose supervisor was killed stays a descendant, so that it can be stopped too.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


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
    main(Path(sys.argv[1]), *sys.argv[2:])
