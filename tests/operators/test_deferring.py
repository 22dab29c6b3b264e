"""Waiting for items without a worker: the operator's side of a deferral."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from redis_xcom import BadArgument, Queue
from redis_xcom.airflow import compat, held
from redis_xcom.airflow.condition import CLAIMABLE
from redis_xcom.operators import ClaimFromQueueOperator, QueueSensor

AirflowSensorTimeout = compat._error("AirflowSensorTimeout")
AirflowSkipException = compat._error("AirflowSkipException")
TaskDeferralError = compat._error("TaskDeferralError")
TaskDeferred = compat._error("TaskDeferred")

TRY = "01995c6e-0000-7000-8000-000000000000"
ENDED = {"error": "Trigger timeout"}
BROKEN = {"error": "Trigger failure"}
MET = {"status": "met"}


@pytest.fixture
def context():
    ti = SimpleNamespace(
        id=TRY,
        dag_id="shop",
        run_id="manual__1",
        task_id="claim",
        map_index=-1,
        xcom_push=lambda *_, **__: None,
    )
    return {"ti": ti}


@pytest.fixture
def orders(server, client, monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{str(server.socket).replace('/', '%2F')}"
    )
    yield Queue("orders", client=client)
    for left in held.take(TRY):
        left.claim.stop_keep_alive()
        left.client.close()


def claim(**arguments):
    given = {"deferrable": True, "timeout": 60} | arguments
    return ClaimFromQueueOperator(task_id="claim", queue="orders", **given)


def deferred(act):
    with pytest.raises(TaskDeferred) as raised:
        act()
    return raised.value


def test_with_nothing_to_claim_the_worker_is_given_back(orders, context):
    began = time.time()
    told = deferred(lambda: claim(prefix="xcom").execute(context))
    trigger = told.trigger.serialize()[1]
    assert (trigger["queues"], trigger["condition"]) == (["orders"], CLAIMABLE.serialize())
    assert 59 < trigger["until"] - began < 62
    assert trigger["rest"] == 0
    assert told.timeout > timedelta(seconds=60)


def test_what_is_there_is_claimed_at_once(orders, context):
    orders.push("x")
    assert claim().execute(context) == ["x"]


def test_a_resumed_worker_claims(orders, context):
    told = deferred(lambda: claim().execute(context))
    orders.push("x")
    assert claim().resume_execution(told.method_name, {**told.kwargs, "event": MET}, context) == [
        "x"
    ]


def test_where_others_were_faster_it_waits_for_the_rest_of_the_time(orders, context):
    told, untils, rests = deferred(lambda: claim().execute(context)), [], []
    for _ in range(8):
        untils.append(told.trigger.until)
        rests.append(told.trigger.rest)
        resumed = {**told.kwargs, "event": MET}
        told = deferred(lambda: claim().resume_execution("resume", resumed, context))  # noqa: B023
    assert len(set(untils)) == 1
    assert rests == [0, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("arguments", "ending"),
    [
        ({"on_empty": "skip"}, AirflowSkipException),
        ({"on_empty": "fail"}, RuntimeError),
        ({"on_empty": "fail", "soft_fail": True}, AirflowSkipException),
    ],
)
@pytest.mark.parametrize(
    ("method", "kwargs"),
    [
        ("resume", {"event": {"status": "over"}, "until": 1.0, "fruitless": 1}),
        ("__fail__", ENDED),
    ],
)
def test_when_time_is_up_on_empty_decides(orders, context, method, kwargs, arguments, ending):
    with pytest.raises(ending, match="Nothing to claim in queue orders"):
        claim(**arguments).resume_execution(method, kwargs, context)
    returning = claim(on_empty="return")
    assert returning.resume_execution(method, kwargs, context) == []


def test_what_came_at_the_last_moment_is_claimed(orders, context):
    orders.push("x")
    assert claim().resume_execution("__fail__", ENDED, context) == ["x"]


def test_a_broken_trigger_fails_the_task_unless_there_is_something_to_claim(orders, context):
    with pytest.raises(RuntimeError, match="Nothing to claim"):
        claim(on_empty="return").resume_execution("__fail__", BROKEN, context)
    with pytest.raises(AirflowSkipException):
        claim(soft_fail=True).resume_execution("__fail__", BROKEN, context)
    orders.push("x")
    assert claim().resume_execution("__fail__", BROKEN, context) == ["x"]


def test_the_deployments_default_makes_nobody_wait_who_did_not(orders, context, monkeypatch):
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    plain = ClaimFromQueueOperator(task_id="claim", queue="orders")
    assert plain.deferrable
    with pytest.raises(AirflowSkipException):
        plain.execute(context)
    patient = ClaimFromQueueOperator(task_id="claim", queue="orders", timeout=60)
    deferred(lambda: patient.execute(context))


def test_deferrable_alone_waits_as_long_as_sensors_do(context):
    plain = ClaimFromQueueOperator(task_id="claim", queue="orders", deferrable=True)
    assert plain.timeout == compat.default_timeout()


def test_without_deferral_the_timeout_is_waited_for_here(orders, context):
    began = time.monotonic()
    with pytest.raises(AirflowSkipException):
        claim(deferrable=False, timeout="0.3", wait=0.1).execute(context)
    assert time.monotonic() - began >= 0.3


def test_the_time_before_the_deferral_occupies_the_worker_once(orders, context):
    patient = claim(wait=0.3)
    began = time.monotonic()
    told = deferred(lambda: patient.execute(context))
    assert time.monotonic() - began >= 0.3
    resumed = {**told.kwargs, "event": MET}
    again = claim(wait=60)
    deferred(lambda: again.resume_execution("resume", resumed, context))


def sensor(**arguments):
    return QueueSensor(task_id="wait", queue="orders", **arguments)


def test_a_sensor_takes_nothing(orders, context):
    orders.push_many(range(3))
    assert sensor(at_least="3").poke(context)
    assert not sensor(at_least=4).poke(context)
    assert not sensor(older_than="60").poke(context)
    assert not sensor(empty=True).poke(context)
    assert orders.stats().ready == 3
    held_ = orders.claim(3)
    assert sensor(empty=True).poke(context)
    assert not sensor(done=True).poke(context)
    held_.ack()
    assert sensor(done=True).poke(context)


def test_a_deferrable_sensor_looks_once_and_waits_in_the_triggerer(orders, context):
    patient = sensor(at_least=2, deferrable=True, timeout=60)
    told = deferred(lambda: patient.execute(context))
    assert told.trigger.condition == {"at_least": 2}
    assert patient.resume_execution("resume", {"event": MET}, context) is None
    orders.push_many(range(2))
    assert patient.execute(context) is None
    orders.purge()


@pytest.mark.parametrize(
    ("method", "kwargs"), [("resume", {"event": {"status": "over"}}), ("__fail__", ENDED)]
)
def test_a_sensor_whose_time_is_up_fails_or_is_skipped(orders, context, method, kwargs):
    patient = sensor(empty=True, deferrable=True, timeout=60)
    with pytest.raises(AirflowSensorTimeout):
        patient.resume_execution(method, kwargs, context)
    softly = sensor(empty=True, deferrable=True, soft_fail=True)
    with pytest.raises(AirflowSkipException):
        softly.resume_execution(method, kwargs, context)


def test_a_sensors_broken_trigger_fails_it(orders, context):
    with pytest.raises(TaskDeferralError):
        sensor(done=True).resume_execution("__fail__", BROKEN, context)


@pytest.mark.parametrize("arguments", [{}, {"at_least": 1, "empty": True}, {"at_least": 0}])
def test_a_sensor_waits_for_one_thing(arguments):
    with pytest.raises(BadArgument, match="wait for one thing"):
        sensor(**arguments)
