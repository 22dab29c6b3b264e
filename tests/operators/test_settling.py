"""What the listener does with the claims of a task, when it does anything."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from types import SimpleNamespace

import pluggy
import pytest

from redis_xcom.airflow import held, listener, settle
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.errors import ClaimLost

TRY = "0199-try"
LEASE = timedelta(minutes=10)


class Claim:
    """Remembers what was asked of it."""

    claim_id, generation, items = "dag/run/claim", 7, ("item",)

    def __init__(self, *, fails=None):
        self.calls = []
        self.fails = fails

    def __getattr__(self, name):
        def call(*arguments, **_options):
            self.calls.append(name)
            self.arguments = arguments
            if self.fails and name == "ack":
                raise self.fails

        return call


class RuntimeTaskInstance(SimpleNamespace):
    """As much of Airflow's as the listener looks at."""

    def __init__(self, *, state, on_server="success"):
        super().__init__(
            id=TRY, dag_id="dag", run_id="run", task_id="claim", map_index=-1, state=state
        )
        self.try_number = 1
        self.task = SimpleNamespace(
            retry_delay=timedelta(minutes=5), retry_exponential_backoff=0, max_retry_delay=None
        )
        self.on_server = on_server

    def get_task_states(self, **_which):
        return {"run": {"claim": self.on_server}}


@pytest.fixture
def hold():
    def hold(claim):
        client = SimpleNamespace(close=lambda: claim.calls.append("closed"))
        held.hold(TRY, held.HeldClaim(queue="orders", client=client, claim=claim, lease=LEASE))
        return claim

    yield hold
    held.take(TRY)


def fail(ti, error=None):
    """As Airflow tells it, which hands a hook only what its signature asks for."""
    manager = pluggy.PluginManager("airflow")
    manager.register(listener)
    manager.hook.on_task_instance_failed(previous_state=None, task_instance=ti, error=error)


def test_success_acks(hold):
    claim = hold(Claim())
    listener.on_task_instance_success(RuntimeTaskInstance(state="success"))
    assert claim.calls == ["stop_keep_alive", "ack", "closed"]


def test_a_success_that_the_server_did_not_take_acks_nothing(hold, caplog):
    """Its retry would find nothing, and its output is deleted: the items would be lost."""
    claim = hold(Claim())
    listener.on_task_instance_success(RuntimeTaskInstance(state="success", on_server="running"))
    assert claim.calls == ["stop_keep_alive", "closed"]
    assert "its state is running" in caplog.text


@pytest.mark.parametrize("state", ["failed", "skipped", None])
def test_a_success_of_a_task_that_was_marked_failed_meanwhile_gives_back(hold, state):
    """No try will come for the items."""
    claim = hold(Claim())
    listener.on_task_instance_success(RuntimeTaskInstance(state="success", on_server=state))
    assert claim.calls == ["stop_keep_alive", "release", "closed"]


def test_failure_for_good_and_a_skip_give_back(hold):
    for end in (fail, listener.on_task_instance_skipped):
        claim = hold(Claim())
        end(RuntimeTaskInstance(state="failed"))
        assert claim.calls == ["stop_keep_alive", "release", "closed"]


def test_a_task_that_was_ended_keeps_nothing_for_its_retry(hold):
    claim = hold(Claim())
    fail(RuntimeTaskInstance(state="up_for_retry"), TaskEnded())
    assert claim.calls == ["stop_keep_alive", "release", "closed"]


def test_a_failure_to_be_retried_keeps_the_items(hold):
    claim = hold(Claim())
    fail(RuntimeTaskInstance(state="up_for_retry"))
    assert claim.calls == ["stop_keep_alive", "extend", "closed"]


@pytest.mark.parametrize(
    ("backoff", "try_number", "longest", "lease"),
    [
        (0, 9, None, LEASE + timedelta(minutes=5)),
        (2.0, 1, None, LEASE + timedelta(minutes=10)),
        (True, 3, None, LEASE + timedelta(minutes=40)),
        (2.0, 3, timedelta(minutes=7), LEASE + timedelta(minutes=7)),
        (3.0, 99, None, LEASE + timedelta(days=1)),
    ],
)
def test_the_lease_then_outlasts_the_delay(hold, backoff, try_number, longest, lease):
    claim = hold(Claim())
    ti = RuntimeTaskInstance(state="up_for_retry")
    ti.try_number = try_number
    ti.task.retry_exponential_backoff, ti.task.max_retry_delay = backoff, longest
    fail(ti)
    assert claim.arguments == (lease,)


def test_the_schedulers_own_task_instance_is_left_alone(hold):
    """It bears the id of the next try, and the scheduler must not wait for Redis."""

    class TaskInstance(RuntimeTaskInstance):
        pass

    claim = hold(Claim())
    fail(TaskInstance(state="failed"))
    assert claim.calls == []


def test_a_lost_claim_is_said_and_done_with(hold, caplog):
    lost = ClaimLost("queue 'orders': gone", queue="orders", claim_id="c", generation=7)
    claim = hold(Claim(fails=lost))
    listener.on_task_instance_success(RuntimeTaskInstance(state="success"))
    assert claim.calls[-1] == "closed"
    assert "Not settled: queue 'orders': gone" in caplog.text


def test_whatever_else_goes_wrong_is_logged_and_the_task_ends(hold, caplog):
    hold(Claim(fails=OSError("planted")))
    listener.on_task_instance_success(RuntimeTaskInstance(state="success"))
    assert "claim dag/run/claim is not settled" in caplog.text


def test_a_server_that_hangs_does_not_hang_the_task(hold, monkeypatch, caplog):
    monkeypatch.setattr(settle, "SETTLE_SECONDS", 0.05)
    go_on = threading.Event()
    claim = hold(Claim())
    claim.ack = go_on.wait
    with caplog.at_level(logging.ERROR):
        listener.on_task_instance_success(RuntimeTaskInstance(state="success"))
    go_on.set()
    assert "not settled within 0.05 s" in caplog.text
