"""A queue, what one task has claimed of it for others, and the life of one of these."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from redis_xcom import Queue
from redis_xcom.airflow import held, listener
from redis_xcom.operators import ClaimFromQueueOperator
from tests.operators.across.handing import TRIES, context, work


@pytest.fixture
def orders(server, client, monkeypatch):
    """A queue of three payloads behind the connection `redis_default`."""
    address = str(server.socket).replace("/", "%2F")
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{address}")
    queue = Queue("orders", client=client)
    queue.push_many(["a", "b", "c"])
    yield queue
    for attempt in TRIES:
        for left in held.take(attempt):
            left.claim.stop_keep_alive()
            left.client.close()


@pytest.fixture
def claim(orders):
    """What a task has claimed for others: all of the queue, and a handle for each item."""
    told = context()
    operator = ClaimFromQueueOperator(
        task_id="claim", queue="orders", ack="manual", returns="handles"
    )
    handles = operator.execute(told)
    return SimpleNamespace(items=handles, whole=told["ti"].pushed["claim"])


@pytest.fixture
def run(orders):
    """`run(item, "success")` is the life of one try of a mapped task, up to how it ended."""

    def run_one(handle, ending, *, seen=None, error=None, **where):
        told = context("work", **where)
        with DAG("shop", schedule=None):
            operator = work([] if seen is None else seen)(handle)
        told["ti"].state = ending
        value = operator.execute(told)
        if ending == "success":
            listener.on_task_instance_success(told["ti"])
        elif ending == "skipped":
            listener.on_task_instance_skipped(told["ti"])
        elif ending != "killed":
            listener.on_task_instance_failed(told["ti"], error or RuntimeError("planted"))
        return value

    return run_one
