"""Two DAGs on one queue: one finds Python's own source files, the other one measures them.

`find_modules` pushes every file of the standard library. `measure_modules` claims some of them
with four slots at a time, measures each claim in a task of its own and pushes the results to a
second queue. Run it as often, and as often at once, as you like: no file is measured twice.
"""

import ast
import os
import sysconfig
import warnings
from collections import Counter
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task

from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator

LIBRARY = Path(sysconfig.get_path("stdlib"))
INSTALLED = {"site-packages", "dist-packages"}


@dag(schedule=None)
def find_modules() -> None:
    @task
    def list_files() -> list[str]:
        files = (path.relative_to(LIBRARY) for path in sorted(LIBRARY.rglob("*.py")))
        return [str(file) for file in files if not INSTALLED.intersection(file.parts)]

    PushToQueueOperator(task_id="push", queue="modules", payloads=list_files())


@dag(schedule=None, max_active_runs=2)
def measure_modules() -> None:
    claim = ClaimFromQueueOperator.partial(
        task_id="claim",
        queue="modules",
        limit=50,
        on_empty="return",
        retries=2,
        retry_delay=timedelta(seconds=1),
    ).expand(slot=[1, 2, 3, 4])

    @task
    def measure(files: list[str]) -> list[dict]:
        return [measured(file) for file in files]

    results = measure.expand(files=claim.output)
    PushToQueueOperator.partial(task_id="report", queue="results").expand(payloads=results)


def measured(file: str) -> dict:
    source = (LIBRARY / file).read_bytes()
    counts = {"file": file, "lines": source.count(b"\n"), "worker": os.getppid()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = Counter(type(node) for node in ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):  # the library's own tests hold broken files
        return counts | {"functions": 0, "classes": 0, "parsed": False}
    functions = nodes[ast.FunctionDef] + nodes[ast.AsyncFunctionDef]
    return counts | {"functions": functions, "classes": nodes[ast.ClassDef], "parsed": True}


find_modules()
measure_modules()
