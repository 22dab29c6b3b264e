"""As much of an Airflow as tasks that claim XComs speak with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time import comms, task_runner

from redis_xcom.airflow import held
from redis_xcom.airflow.xcom.backend import RedisXCom

TRY = "01999999-0000-7000-8000-{:012}"
WHERE = {"dag_id": "cards", "run_id": "manual__1", "task_id": "issue"}


class RuntimeTaskInstance(SimpleNamespace):
    """One try of a task instance of the DAG `cards`."""

    def __init__(self, airflow, task_id="use", number=1, **where):
        parts = {"dag_id": "cards", "run_id": "manual__1", "map_index": -1} | where
        super().__init__(id=TRY.format(number), task_id=task_id, **parts)
        self.airflow = airflow
        self.state = "running"

    @property
    def path(self):
        index = "" if self.map_index < 0 else f"/{self.map_index}"
        return f"{self.dag_id}/{self.run_id}/{self.task_id}{index}"

    @property
    def context(self):
        return {"ti": self}

    def get_task_states(self, dag_id, task_ids, run_ids):
        return self.airflow.task_states(dag_id, task_ids, run_ids)


class Airflow:
    """Answers what the API server answers of XComs, and of what became of tasks."""

    def __init__(self):
        self.rows = {}
        self.states = {}
        self.asked = 0

    def ti(self, *who, **where):
        return RuntimeTaskInstance(self, *who, **where)

    def push(self, value, *, key="return_value", map_index=-1):
        row = RedisXCom.serialize_value(value, key=key, map_index=map_index, **WHERE)
        self.rows[key, map_index] = row
        return row

    def send(self, msg):
        assert (msg.dag_id, msg.run_id, msg.task_id) == tuple(WHERE.values())
        return comms.XComResult(key=msg.key, value=self.rows.get((msg.key, msg.map_index)))

    def task_states(self, dag_id, task_ids, run_ids):
        self.asked += 1
        found = {}
        for path, state in self.states.items():
            dag, run, task, *index = path.split("/")
            if dag == dag_id and run in run_ids and task in task_ids:
                found.setdefault(run, {})["_".join([task, *index])] = state
        return found


@pytest.fixture
def airflow(monkeypatch, redis_default):
    answering = Airflow()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", answering, raising=False)
    yield answering
    for number in (1, 2):
        held.take_xcoms(TRY.format(number))
