"""One DAG run per item, without an Airflow around it: whose each item is at each moment."""

from __future__ import annotations

import logging
import re
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse, TriggerDagRun

from redis_xcom import Queue
from redis_xcom.airflow import held, listener
from redis_xcom.airflow.runs import RunRefused, run_id_of
from redis_xcom.errors import BadArgument
from redis_xcom.operators import TriggerDagRunPerItemOperator
from redis_xcom.operators.queue_operator import QueueOperator

ALLOWED = re.compile(r"[A-Za-z0-9_.~:+-]{1,250}")
"""What Airflow takes for a run id by default."""


class RuntimeTaskInstance(SimpleNamespace):
    def get_dr_count(self, **_which):
        return 1


class Airflow:
    """What a task's supervisor answers when it is asked for runs."""

    def __init__(self):
        self.runs = {}
        self.fails = None

    def send(self, msg):
        assert isinstance(msg, TriggerDagRun)
        if self.fails:
            raise self.fails
        if msg.run_id in self.runs:
            return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        self.runs[msg.run_id] = msg
        return OKResponse(ok=True)


def refusal(status):
    error = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status})
    return AirflowRuntimeError(error)


@pytest.fixture
def airflow(monkeypatch):
    answering = Airflow()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", answering, raising=False)
    return answering


@pytest.fixture
def orders(server, client, monkeypatch):
    address = str(server.socket).replace("/", "%2F")
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{address}")
    monkeypatch.setattr(QueueOperator, "log", logging.getLogger("operator"))
    queue = Queue("orders", client=client)
    queue.push_many(["secret a", "secret b", "secret c"])
    yield queue
    for left in held.take("0199-1") + held.take("0199-2"):
        left.claim.stop_keep_alive()
        left.client.close()


def context(*, attempt=1):
    where = {"dag_id": "shop", "run_id": "manual__1", "task_id": "start", "map_index": -1}
    ti = RuntimeTaskInstance(id=f"0199-{attempt}", try_number=attempt, state="failed", **where)
    return {"ti": ti}


def start(*, attempt=1, **options):
    operator = TriggerDagRunPerItemOperator(
        task_id="start", queue="orders", trigger_dag_id="handle_order", **options
    )
    return operator.execute(context(attempt=attempt))


def test_each_item_gets_a_run_that_holds_it(orders, airflow):
    run_ids = start()
    assert run_ids == list(airflow.runs)
    assert len(set(run_ids)) == 3
    assert (orders.stats().claimed, orders.stats().claims) == (3, 3)
    for run_id in run_ids:
        handle = airflow.runs[run_id].conf["item"]
        assert handle["claim_id"] == f"handle_order/{run_id}"
        item = orders.handle(handle["claim_id"], handle["generation"]).items(handle["place"])
        assert item[handle["place"]].id == handle["item"]


def test_an_item_is_its_runs_before_the_run_is_created(orders, airflow, monkeypatch):
    """A run that begins at once must find it."""
    found = []

    def look_and_send(self, msg):
        handle = msg.conf.get("item", {"claim_id": "none", "generation": 1})
        found.extend(orders.handle(handle["claim_id"], handle["generation"]).items())
        return send(self, msg)

    monkeypatch.setattr(Airflow, "send", look_and_send)
    start()
    assert found == [1, 1, 1]
    assert [len(run.conf) for run in airflow.runs.values()] == [1, 1, 1]


def test_a_conf_holds_no_payload(orders, airflow):
    start()
    assert not any("secret" in str(run.conf) for run in airflow.runs.values())


def test_a_run_may_get_several_items_and_the_last_one_what_is_left(orders, airflow):
    start(per_run="2")
    sizes = [len(run.conf["items"]) for run in airflow.runs.values()]
    assert sizes == [2, 1]
    handles = next(run.conf["items"] for run in airflow.runs.values())
    items = orders.handle(handles[0]["claim_id"], handles[0]["generation"]).items()
    assert [(place, item.id) for place, item in items.items()] == [
        (handle["place"], handle["item"]) for handle in handles
    ]


def test_a_run_that_exists_already_counts_as_started(orders, airflow, monkeypatch):
    """The supervisor sends again what the API server has done, but did not answer."""
    monkeypatch.setattr(Airflow, "send", lambda self, msg: (send(self, msg), send(self, msg))[1])
    assert len(start()) == 3
    assert orders.stats().claimed == 3


send = Airflow.send


def test_a_run_that_airflow_refuses_gives_its_item_back_at_once(orders, airflow):
    airflow.fails = refusal(404)
    with pytest.raises(RunRefused, match="no run item__orders__"):
        start()
    assert (orders.stats().ready, orders.stats().claimed) == (1, 2)
    told = context()
    listener.on_task_instance_failed(told["ti"], RuntimeError("refused"))
    assert orders.stats().ready == 3


def test_where_it_is_not_known_whether_a_run_was_created_the_run_keeps_its_item(orders, airflow):
    """Airflow is asked for it later: a run that is unknown then gives it back."""
    airflow.fails = refusal(None)
    with pytest.raises(AirflowRuntimeError):
        start()
    assert (orders.stats().ready, orders.stats().claimed, orders.stats().claims) == (0, 3, 2)


def test_a_retry_starts_runs_for_what_the_earlier_try_had_not_begun(orders, airflow, monkeypatch):
    """The one that was handed over, but not created, belongs to a run that Airflow knows not."""

    def send_once(self, msg):
        if self.runs:
            raise RuntimeError("planted")
        return send(self, msg)

    monkeypatch.setattr(Airflow, "send", send_once)
    with pytest.raises(RuntimeError, match="planted"):
        start()
    monkeypatch.setattr(Airflow, "send", send)
    assert len(start(attempt=2)) == 1
    assert len(airflow.runs) == 2
    assert (orders.stats().claimed, orders.stats().claims) == (3, 3)


@pytest.mark.parametrize("odd", [{"per_run": 0}, {"per_run": "{{ x }}"}, {"hold": "a day"}])
def test_an_argument_that_cannot_be_meant_so_claims_nothing(orders, airflow, odd):
    with pytest.raises(BadArgument):
        start(**odd)
    assert (orders.stats().ready, airflow.runs) == (3, {})


def test_an_empty_queue_starts_nothing(orders, airflow):
    orders.purge()
    assert start(on_empty="return") == []
    assert airflow.runs == {}


@pytest.mark.parametrize(
    "item_id",
    ["1795174760759-AbC_-12-1", "x" * 500, "übung", "a/b", "..", "a b", "{}", "7", "\udc80"],
)
@pytest.mark.parametrize("queue", ["orders", "a..b", "q" * 128, "scheduled"])
def test_a_run_id_is_one_that_airflow_takes(queue, item_id):
    run_id = run_id_of(queue, item_id, 1795174760759581)
    assert ALLOWED.fullmatch(run_id)
    assert ".." not in run_id
    assert not run_id.startswith(("scheduled__", "backfill__", "asset_triggered__"))


def test_each_delivery_has_a_run_of_its_own():
    assert run_id_of("orders", "a", 1) != run_id_of("orders", "a", 2)
    assert run_id_of("orders", "a/b", 1) != run_id_of("orders", "a-b", 1)
