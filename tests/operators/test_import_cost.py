"""What a DAG file pays for naming our operators: a DAG is parsed again and again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.imports import AS_ANY_DAG, IMPORTS, OURS, PROVIDERS

TASKS = """
import redis_xcom.operators.decorators.claim
import redis_xcom.operators.decorators.claimed
import redis_xcom.operators.decorators.drain
PushToQueueOperator(task_id="push", queue="orders", payloads=[])
ClaimFromQueueOperator(task_id="claim", queue="orders")
QueueSensor(task_id="wait", queue="orders", at_least=1)
"""
BASES = """
from airflow.sdk import BaseOperatorLink, BaseSensorOperator
from airflow.sdk.bases.decorator import DecoratedOperator
from airflow.sdk.definitions.context import KNOWN_CONTEXT_KEYS
BaseOperator(task_id="any")
"""
OURS_ALONE = ("redis_xcom", "airflow.sdk")


@pytest.fixture(scope="module")
def added():
    """`added(code)`: modules that this code loads beyond any DAG and Airflow's base classes."""
    before = loaded(f"{AS_ANY_DAG}\n{BASES}")
    return lambda code: loaded(f"{AS_ANY_DAG}\n{code}") - before


def loaded(code):
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(ran.stdout.splitlines()[-1].split())


def strangers(names):
    """Modules of others: a client, a decoder, a web framework, what only a server needs."""
    return {name for name in names if not name.startswith(OURS_ALONE)}


def test_parsing_a_dag_loads_the_modules_of_nobody_else(added):
    assert strangers(added(IMPORTS[OURS] + TASKS)) == set()


def test_modules_that_a_dag_need_not_load_are_noticed(added):
    planted = strangers(added(f"import redis, fastapi\n{IMPORTS[OURS]}"))
    assert planted >= {"redis", "fastapi"}


def test_our_operators_load_less_than_half_of_what_airflows_own_for_redis_load(added):
    ours, providers = added(IMPORTS[OURS]), added(IMPORTS[PROVIDERS])
    assert "redis_xcom.operators.claim" in ours
    assert "redis" in providers
    assert len(ours) < len(providers) / 2
