"""Runs pytest many times, and imports what all of the runs share only once.

Reads jobs as JSON from standard input, forks a child for each, some at a time, and writes exit
code and seconds of each in the order of the jobs. Takes no part in the tests: what Airflow has
imported of the package by then is forgotten.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time
from typing import Any

import pytest

SHARED = (
    *("fakeredis", "hypothesis.stateful", "lupa", "msgspec", "redis", "redis.cluster", "ssl"),
    *("airflow.sdk.bases.decorator", "airflow.sdk.execution_time.task_runner"),
    "airflow.triggers.base",
)
AT_ONCE = 3  # tests wait more than they work
KNOWN = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what is shared is imported before


def warm_up() -> None:
    for name in SHARED:
        importlib.import_module(name)
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*KNOWN, "--noconftest", "-c", os.devnull, "--version", "--version"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "redis_xcom"]:
        del sys.modules[name]  # Airflow asks every provider what it brings; each child has its own


def start(job: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = 99
        try:
            code = int(pytest.main([*KNOWN, *job["arguments"]]))
        finally:
            sys.stdout.flush()
            os._exit(code)
    return child


def run(jobs: list[dict[str, Any]]) -> list[tuple[int, float]]:
    running: dict[int, tuple[int, float]] = {}
    ends = [(0, 0.0)] * len(jobs)
    waiting = list(enumerate(jobs))
    while waiting or running:
        if waiting and len(running) < AT_ONCE:
            place, job = waiting.pop(0)
            running[start(job)] = place, time.monotonic()
        else:
            child, status = os.wait()
            place, began = running.pop(child)
            ends[place] = os.waitstatus_to_exitcode(status), round(time.monotonic() - began, 2)
    return ends


if __name__ == "__main__":
    warm_up()
    print(json.dumps(run(json.load(sys.stdin))))
