"""A task that has lost its supervisor knows it, and renews nothing any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import redis_xcom

SUPERVISOR = """
import os, sys
{before}
if child := os.fork():
    print(child, flush=True)
    os.waitpid(child, 0)
    sys.exit()
{after}
for line in sys.stdin:
    print(supervised.alive(), flush=True)
"""
LOAD = "from redis_xcom.airflow import supervised"


def orphaned(**where):
    """What a task says while its supervisor lives, and after it was killed."""
    code = SUPERVISOR.format(**{"before": "", "after": ""} | where)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    here = Path(redis_xcom.__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", code], cwd=here, **pipes) as supervisor:
        child = int(supervisor.stdout.readline())
        try:
            return [ask(supervisor), kill(supervisor) or ask(supervisor)]
        finally:
            os.kill(child, signal.SIGKILL)


def ask(supervisor):
    supervisor.stdin.write("?\n")
    supervisor.stdin.flush()
    return supervisor.stdout.readline().strip()


def kill(supervisor):
    supervisor.kill()
    supervisor.wait()


def test_an_orphan_is_told_from_a_task_whose_supervisor_lives():
    assert orphaned(after=LOAD) == ["True", "False"]


def test_a_supervisor_that_knows_of_it_before_it_forks_its_task_is_the_right_parent():
    assert orphaned(before=LOAD) == ["True", "False"]
