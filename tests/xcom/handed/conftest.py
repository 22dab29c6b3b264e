"""As much of an Airflow as a task that hands on, and one that redeems, speak with."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from airflow.sdk import dag, task
from airflow.sdk.definitions._internal import contextmanager
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import comms, task_runner

from redis_xcom.airflow.xcom.backend import RedisXCom
from redis_xcom.airflow.xcom.options import aim
from redis_xcom.operators.trigger_with_xcoms import TriggerDagRunWithXComsOperator

STARTED = datetime(2026, 11, 20, tzinfo=timezone.utc)


@dag(dag_id="shop", schedule=None)
def build_shop():
    @task
    def extract():
        return [1, 2]

    @task
    def price(order):
        return order

    extracted = extract()
    priced = price.expand(order=extracted)
    TriggerDagRunWithXComsOperator(
        task_id="start",
        trigger_dag_id="child",
        xcoms={"orders": extracted, "prices": priced, "day": ("extract", "day")},
    )


class RuntimeTaskInstance(SimpleNamespace):
    """A task instance of the DAG `shop`, or of the run that is triggered."""

    def __init__(self, task_id="start", dag_id="shop", run_id="manual__1", map_index=-1, **more):
        where = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": map_index}
        super().__init__(**{"max_tries": 0, "task": None, "airflow": None} | where | more)
        self.pushed = {}

    def get_template_context(self):
        run = SimpleNamespace(
            dag_id=self.dag_id,
            run_id=self.run_id,
            start_date=STARTED,
            conf=self.airflow.conf_of(self.dag_id, self.run_id),
        )
        return {"ti": self, "dag_run": run, "task": self.task}

    def xcom_push(self, key, value):
        self.pushed[key] = value

    def get_dr_count(self, *, dag_id, run_ids):
        return sum((dag_id, run_id) in self.airflow.runs for run_id in run_ids)

    def get_dagrun_state(self, *, dag_id, run_id):
        return self.airflow.states(dag_id, run_id)


class Airflow:
    """Answers what a task's supervisor answers of XComs and runs."""

    def __init__(self):
        self.shop = build_shop()
        self.rows = {}
        self.runs = {}
        self.resets = []
        self.states = lambda *_run: "success"
        self.loses_answers = False

    def ti(self, task_id="start", **where):
        parts = {"task": self.shop.task_dict.get(task_id), "airflow": self} | where
        return RuntimeTaskInstance(task_id, **parts)

    def child(self, run_id, dag_id="child", task_id="work"):
        return RuntimeTaskInstance(task_id, dag_id, run_id, airflow=self)

    def push(self, task_id, value, *, key="return_value", map_index=-1):
        where = {"dag_id": "shop", "run_id": "manual__1", "task_id": task_id}
        row = RedisXCom.serialize_value(value, key=key, map_index=map_index, **where)
        self.rows[("shop", "manual__1", task_id, map_index, key)] = row

    def conf_of(self, dag_id, run_id):
        run = self.runs.get((dag_id, run_id))
        return run.conf if run else {}

    def send(self, msg):
        return getattr(self, type(msg).__name__)(msg)

    def GetXCom(self, msg):  # noqa: N802 (as Airflow calls the message)
        where = (msg.dag_id, msg.run_id, msg.task_id, msg.map_index, msg.key)
        return comms.XComResult(key=msg.key, value=self.rows.get(where))

    def GetXComSequenceSlice(self, msg):  # noqa: N802
        found = {
            index: row
            for (dag_id, run_id, task_id, index, key), row in self.rows.items()
            if (dag_id, run_id, task_id, key) == (msg.dag_id, msg.run_id, msg.task_id, msg.key)
        }
        return comms.XComSequenceSliceResult(root=[found[index] for index in sorted(found)])

    def TriggerDagRun(self, msg):  # noqa: N802
        if msg.reset_dag_run and (msg.dag_id, msg.run_id) in self.runs:
            self.resets.append(msg.run_id)
            return comms.OKResponse(ok=True)
        there = (msg.dag_id, msg.run_id) in self.runs or self._clashes(msg)
        if there or self.loses_answers:
            # The supervisor sends again what was done, but not answered.
            there or self.runs.setdefault((msg.dag_id, msg.run_id), msg)
            return comms.ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        self.runs[msg.dag_id, msg.run_id] = msg
        return comms.OKResponse(ok=True)

    def GetDagRun(self, msg):  # noqa: N802
        return self.runs[msg.dag_id, msg.run_id]

    def _clashes(self, msg):
        dates = {run.logical_date for (dag_id, _), run in self.runs.items() if dag_id == msg.dag_id}
        return msg.logical_date in dates - {None}


@pytest.fixture
def airflow(monkeypatch):
    answering = Airflow()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", answering, raising=False)
    monkeypatch.setattr(TriggerDagRunWithXComsOperator, "log", logging.getLogger("operator"))
    answering.push("extract", [1, 2])
    answering.push("extract", "Friday", key="day")
    answering.push("extract", "not to be handed on", key="secret")
    answering.push("price", 10, map_index=0)
    answering.push("price", 20, map_index=1)
    answering.push("extract", aim("for start alone", to="start"), key="aimed")
    answering.push("extract", aim("for others", to="load"), key="elsewhere")
    return answering


@pytest.fixture
def runs_as(monkeypatch):
    """`runs_as(ti)`: from now on this process is that task's."""

    def run_as(ti):
        monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [ti.get_template_context()])
        return ti

    return run_as
