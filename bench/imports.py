"""What importing our operators adds to parsing a DAG, beside Airflow's own Redis provider."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from statistics import median

from rich.console import Console

from bench.record import record, show
from bench.row import Row

ROUNDS = 9

AS_ANY_DAG = "from airflow.sdk import DAG, BaseOperator, dag, task"
OURS = "redis_xcom.operators"
PROVIDERS = "the redis provider's operator and sensor"
IMPORTS = {
    OURS: "from redis_xcom.operators import *",
    PROVIDERS: "import airflow.providers.redis.operators.redis_publish, "
    "airflow.providers.redis.sensors.redis_key",
}
MARK = "what the DAG file adds"
SELF_TIME = re.compile(r"import time: +(\d+) \|")


@dataclass(frozen=True)
class Parse:
    """What one fresh process saw."""

    modules: int
    self_ms: float
    wall_ms: float


def rows(rounds: int = ROUNDS) -> list[Row]:
    """In turns in each round, so that a slow moment of the machine befalls both."""
    seen = [{what: parse(code) for what, code in IMPORTS.items()} for _ in range(rounds)]
    ratios = [parsed[OURS].self_ms / parsed[PROVIDERS].self_ms for parsed in seen]
    figures = [row for what in IMPORTS for row in _rows_of(what, [each[what] for each in seen])]
    ratio = Row("import of redis_xcom.operators, ratio", median(ratios), 1.0, at_most=True)
    return [*figures, ratio]


def parse(code: str) -> Parse:
    """Import in a process of its own: twice, for the import clock slows what it measures."""
    wall = _run("-c", f"{AS_ANY_DAG}\nimport sys, time\n{_timed(code)}")
    told = _run("-X", "importtime", "-c", f"import sys\n{AS_ANY_DAG}\n{_marked(code)}")
    times = [int(us) for us in SELF_TIME.findall(told.partition(MARK)[2])]
    return Parse(len(times), sum(times) / 1000, float(wall.split()[-1]) * 1000)


def _rows_of(what: str, parses: list[Parse]) -> list[Row]:
    return [
        Row(f"import of {what}, ms", median(one.self_ms for one in parses)),
        Row(f"import of {what}, wall ms", median(one.wall_ms for one in parses)),
        Row(f"import of {what}, modules", median(one.modules for one in parses)),
    ]


def _timed(code: str) -> str:
    ends = "print(time.perf_counter() - began, file=sys.stderr)"
    return f"began = time.perf_counter()\n{code}\n{ends}"


def _marked(code: str) -> str:
    return f"print({MARK!r}, file=sys.stderr)\n{code}"


def _run(*words: str) -> str:
    with tempfile.TemporaryDirectory() as home:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", *words],
            env=os.environ | {"AIRFLOW_HOME": home},
            cwd=home,
            check=True,
            capture_output=True,
            text=True,
        )
    return ran.stderr


def main() -> None:
    found = rows()
    show(found, Console())
    record(found)


if __name__ == "__main__":
    main()
