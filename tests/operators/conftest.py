"""What runs an operator without an Airflow around it: a connection, a log, a task instance."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest

from redis_xcom import Queue
from redis_xcom.airflow import held
from redis_xcom.operators.queue_operator import QueueOperator

FIRST_TRY = "01999999-0000-7000-8000-000000000001"
NEXT_TRY = "01999999-0000-7000-8000-000000000002"


class RuntimeTaskInstance(SimpleNamespace):
    """As much of Airflow's as the operators and the listener look at."""

    def __init__(self):
        super().__init__(
            id=FIRST_TRY, dag_id="shop", run_id="manual__1", task_id="work", map_index=-1
        )
        self.pushed = {}
        self.state = "success"
        self.task = SimpleNamespace(
            retry_delay=timedelta(minutes=5), retry_exponential_backoff=0, max_retry_delay=None
        )

    @property
    def path(self):
        return f"{self.dag_id}/{self.run_id}/{self.task_id}"

    def is_tried_again(self):
        self.id = NEXT_TRY

    def get_task_states(self, **_which):
        return {self.run_id: {self.task_id: self.state}}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def ti():
    yield RuntimeTaskInstance()
    for left in held.take(FIRST_TRY) + held.take(NEXT_TRY):
        left.claim.stop_keep_alive()
        left.client.close()


@pytest.fixture
def logs(monkeypatch, caplog):
    """Airflow's own logger writes past pytest."""
    monkeypatch.setattr(QueueOperator, "log", logging.getLogger("operator"))
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture
def orders(redis_default):
    return Queue("orders", client=redis_default)
