"""The demo: a real Airflow takes every file of Python's library through a queue, and is hurt.

`make demo` finds the files, pushes them, claims them with several slots at a time, measures them,
kills one claiming task on the way and accounts for every file in the end. It exits with 0 only if
the account balances. `make demo KEEP=1` leaves Airflow up until Ctrl-C.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from examples.demo_account import Account, show
from examples.demo_kill import Held, Killer
from examples.demo_progress import Progress
from lab.airflow import LocalAirflow
from lab.waiting import wait_until
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

DAGS = Path(__file__).with_name("dags")
RUNS_AT_ONCE = 2
DEADLINE_SECONDS = 600.0
POLL_SECONDS = 0.3

console = Console(highlight=False)


class Demo:
    """What happens on one Airflow and one server."""

    def __init__(self, airflow: LocalAirflow, server: EmbeddedServer) -> None:
        self.airflow = airflow
        self.api = airflow.api
        self.modules = Queue("modules", url=server.url)
        self.results = Queue("results", url=server.url)
        self.killer = Killer(airflow, self.modules, server.client())
        self._told: Held | None = None

    def play(self) -> Account:
        """Find, push, claim, kill, measure; answer what became of every file."""
        found, pushed = self._push()
        console.print(f"{found:,} source files found, {pushed:,} pushed to the queue `modules`")
        with Progress(console, total=found) as progress, self.killer:
            self._consume(progress)
        rows = [item.payload for item in self.results.drain(batch=500)]
        left = self.modules.stats().total + self.results.stats().total
        return Account(found, pushed, rows, left, self.killer.kill, self._retaken())

    def _push(self) -> tuple[int, int]:
        self.api.wait_for_dag("find_modules")
        run_id = self.api.trigger("find_modules")
        wait_until(lambda: not self._is_running("find_modules", run_id), "find_modules to end")
        files = self.api.xcom("find_modules", run_id, "list_files")
        return len(files), self.api.xcom("find_modules", run_id, "push")["pushed"]

    def _consume(self, progress: Progress) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        active: list[str] = []
        while active or self.modules.stats().ready:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done within {DEADLINE_SECONDS:g} s: {active}")
            active = [run for run in active if self._is_running("measure_modules", run)]
            if len(active) < RUNS_AT_ONCE and self.modules.stats().ready:
                active.append(self.api.trigger("measure_modules"))
            self._tell(progress)
            time.sleep(POLL_SECONDS)

    def _tell(self, progress: Progress) -> None:
        kill = self.killer.kill
        if kill != self._told:
            progress.say(f"[red]SIGKILL[/] to {kill}: it had claimed {kill.items} files")
            self._told = kill
        progress.update(self.results.stats().ready, self.modules.stats())

    def _is_running(self, dag_id: str, run_id: str) -> bool:
        state = self.api.run_state(dag_id, run_id)
        if state == "failed":
            raise RuntimeError(f"{dag_id} failed\n{self.airflow.log_tail()}")
        return state != "success"

    def _retaken(self) -> int:
        kill = self.killer.kill
        if kill is None:
            return 0
        where = (kill.dag_id, kill.run_id, kill.task_id)
        tries = self.api.task(*where, map_index=kill.map_index)["try_number"]
        taken = len(self.api.xcom(*where, map_index=kill.map_index))
        console.print(f"try {tries} of {kill.task_id}[{kill.map_index}] got its {taken} files back")
        return taken


def main() -> int:
    """Play the demo and answer the exit code."""
    # Also where whoever started us has these ignored, as a shell does for background jobs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console.print("starting a server for the queues and an Airflow …")
    with EmbeddedServer() as server:
        connection = {"conn_type": "redis", "host": str(server.socket)}
        environment = {"AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection)}
        with LocalAirflow(dags=DAGS, environment=environment, parallelism=4) as airflow:
            console.print(f"Airflow is up: {airflow.url}")
            account = Demo(airflow, server).play()
            show(account, console)
            _show_commands(server)
            if os.environ.get("KEEP") not in {None, "", "0"}:
                _keep(airflow)
    return _judge(account)


def _show_commands(server: EmbeddedServer) -> None:
    cli = f"redis-cli -s {server.socket}"
    console.print("Look for yourself (make demo KEEP=1 leaves all up):", style="bold")
    for command, meaning in (
        ("LLEN 'xcom:{modules}:ready'", "how many wait"),
        ("LRANGE 'xcom:{modules}:ready' 0 2", "the next ones"),
        ("HGETALL 'xcom:{modules}:claims'", "who holds what"),
        ("HGETALL 'xcom:{modules}:state'", "totals"),
    ):
        console.print(f"  {cli} {command:<34} # {meaning}", soft_wrap=True, markup=False)


def _keep(airflow: LocalAirflow) -> None:
    console.print(f"Airflow stays up at {airflow.url} until Ctrl-C", style="bold")
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("stopping …")


def _judge(account: Account) -> int:
    faults = account.faults()
    for fault in faults:
        console.print(f"The account does not balance: {fault}", style="bold red")
    if not faults:
        console.print("The account balances: every file was processed once.", style="bold green")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
