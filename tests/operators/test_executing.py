"""The operators at work on a real server, without an Airflow around them."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from redis_xcom import BadArgument, NotReplicated, Queue, Superseded, retry
from redis_xcom.airflow import compat, held, listener
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator
from redis_xcom.operators.queue_operator import QueueOperator

AirflowTaskTimeout = compat._error("AirflowTaskTimeout")

STARTED = datetime(2026, 11, 20, tzinfo=timezone.utc)


class RuntimeTaskInstance(SimpleNamespace):
    """As much of Airflow's as the operators and the listener look at."""

    def get_task_states(self, **_which):
        return {self.run_id: {self.task_id: "success"}}

    def xcom_push(self, key, value):
        self.pushed = {key: value}


def context(task_id="claim", *, try_id="0199-1", max_tries=0):
    ti = RuntimeTaskInstance(
        id=try_id,
        dag_id="shop",
        run_id="manual__1",
        task_id=task_id,
        map_index=-1,
        max_tries=max_tries,
        state="success",
    )
    return {"ti": ti, "dag_run": SimpleNamespace(start_date=STARTED)}


@pytest.fixture
def orders(server, client, monkeypatch):
    """A queue of one payload that must not be told, behind the connection `redis_default`."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{str(server.socket).replace('/', '%2F')}"
    )
    queue = Queue("orders", client=client)
    queue.push({"card": "4111"})
    yield queue
    for left in held.take("0199-1") + held.take("0199-2"):
        left.claim.stop_keep_alive()
        left.client.close()


def push(**arguments):
    return PushToQueueOperator(task_id="push", queue="orders", **arguments)


def claim(**arguments):
    return ClaimFromQueueOperator(task_id="claim", queue="orders", **arguments)


@pytest.fixture(autouse=True)
def logs(monkeypatch, caplog):
    """Airflow's own logger writes past pytest."""
    monkeypatch.setattr(QueueOperator, "log", logging.getLogger("operator"))
    caplog.set_level(logging.DEBUG)
    return caplog


def test_a_push_gives_keys_and_sets_the_bound(orders):
    orders.purge()
    rows = [{"customer": "a", "n": 1}, {"customer": "a", "n": 2}, {"customer": "b", "n": 3}]
    push(payloads=rows, ordering_key="customer", max_claimed="2").execute(context("push"))
    claim = orders.claim(9)
    assert [item.payload["n"] for item in claim.items] == [1, 3]
    assert [item.ordering_key for item in claim.items] == ["a", "b"]
    assert (orders.stats().waiting, orders.stats().max_claimed) == (1, 2)
    claim.ack()
    push(payloads=[4], push_id="more").execute(context("push"))
    assert orders.stats().max_claimed == 2
    orders.purge()


def test_of_several_queues_the_most_urgent_that_has_something_is_claimed_from(orders, client, logs):
    told, both = context(), ["urgent", "orders"]
    operator = ClaimFromQueueOperator(task_id="claim", queue=both)
    assert operator.execute(told) == [{"card": "4111"}]
    assert "Claimed: queue orders claim " in logs.text
    assert told["ti"].pushed["claim"]["queue"] == "orders"
    Queue("urgent", client=client).push("now")
    again = ClaimFromQueueOperator(task_id="claim", queue=both)
    assert again.execute(context(try_id="0199-2")) == [{"card": "4111"}]
    listener.on_task_instance_success(context(try_id="0199-2")["ti"])
    assert (orders.stats().total, Queue("urgent", client=client).purge()) == (0, 1)


def test_an_operator_of_one_queue_takes_no_list(orders):
    several = PushToQueueOperator(task_id="push", queue=["urgent", "orders"], payloads=[1])
    with pytest.raises(BadArgument, match="names 2 queues"):
        several.execute(context("push"))


def test_a_try_that_pushes_again_adds_nothing(orders):
    operator = push(payloads=[1, 2])
    assert operator.execute(context("push"))["pushed"] == 2
    assert operator.execute(context("push", try_id="0199-2")) == {
        "queue": "orders",
        "pushed": 0,
        "repeated": 2,
    }
    assert operator.execute(context("push", max_tries=1))["pushed"] == 2
    assert orders.stats().ready == 5


def test_options_may_be_rendered_text(orders):
    push(payloads='["later"]', delay="60", max_length="10").execute(context("push"))
    assert orders.stats().delayed == 1


def test_a_claim_is_acked_when_its_task_has_succeeded(orders):
    told = context()
    assert claim().execute(told) == [{"card": "4111"}]
    assert orders.stats().claimed == 1
    listener.on_task_instance_success(told["ti"])
    assert orders.stats().total == 0


def test_the_older_try_is_told_that_it_is_superseded(orders):
    claim().execute(context(try_id="0199-2"))
    with pytest.raises(Superseded):
        claim().execute(context(try_id="0199-1"))


def test_what_an_older_try_acks_is_still_held_by_the_newer(orders):
    first = context(try_id="0199-1")
    claim().execute(first)
    claim().execute(context(try_id="0199-2"))
    listener.on_task_instance_success(first["ti"])
    assert orders.stats().claimed == 1


def test_a_claim_is_no_larger_than_what_can_be_mapped(orders, monkeypatch, logs):
    monkeypatch.setattr(compat, "max_map_length", lambda: 3)
    orders.push_many(range(10))
    assert len(claim(limit=1_000_000).execute(context())) == 3
    assert "Claiming 3 items, not 1000000" in logs.text


def test_no_log_line_holds_a_payload(orders, logs):
    told = context()
    push(payloads=[{"card": "4111"}]).execute(context("push"))
    claim().execute(told)
    listener.on_task_instance_success(told["ti"])
    assert "Claimed: queue orders claim shop/manual__1/claim generation " in logs.text
    assert "4111" not in logs.text


@pytest.fixture
def on_signal():
    """`on_signal(0.2, act)`: a signal comes so much later, as Airflow's SIGTERM to a task does."""
    before = signal.getsignal(signal.SIGUSR1)
    timers = []

    def plan(seconds, act):
        signal.signal(signal.SIGUSR1, lambda *_: act())
        timers.append(threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1)))
        timers[-1].start()

    yield plan
    for timer in timers:
        timer.cancel()
        timer.join()
    signal.signal(signal.SIGUSR1, before)


def test_a_task_that_is_killed_while_it_waits_ends_at_once_and_takes_nothing(orders, on_signal):
    orders.purge()
    operator = claim(wait=60)
    on_signal(0.2, operator.on_kill)
    began = time.monotonic()
    with pytest.raises(TaskEnded):
        operator.execute(context())
    assert time.monotonic() - began < 10
    orders.push("later")
    assert orders.stats().ready == 1


def test_a_second_signal_does_not_cut_the_unwinding_short(orders):
    operator = claim()
    with pytest.raises(TaskEnded):
        operator.on_kill()
    operator.on_kill()


def test_a_task_that_ran_out_of_time_is_not_ended_once_more():
    """Airflow calls `on_kill` then, too; the claim stays for the retry."""
    operator = claim()
    with pytest.raises(AirflowTaskTimeout):
        try:
            raise AirflowTaskTimeout
        except AirflowTaskTimeout:
            operator.on_kill()
            raise


def test_what_an_ended_task_holds_goes_back_at_once_and_no_failure_counts(orders):
    told = context()
    claim().execute(told)
    told["ti"].state = "up_for_retry"
    listener.on_task_instance_failed(told["ti"], TaskEnded())
    assert (orders.stats().ready, orders.peek(1)[0].failures) == (1, 0)


def test_a_claim_by_hand_tells_how_to_get_hold_of_it(orders):
    told = context()
    claim(ack="manual").execute(told)
    pushed = told["ti"].pushed["claim"]
    assert pushed["claim_id"] == "shop/manual__1//claim", "it belongs to the run"
    assert (pushed["incarnation"], pushed["items"]) == ("0199-1", 1)


def test_replicas_that_the_connection_asks_for_have_to_confirm(orders, server, monkeypatch):
    """The server of this test has none."""
    address = f"redis://{str(server.socket).replace('/', '%2F')}"
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", f"{address}?replicas=1&replicas_timeout=0.001")
    monkeypatch.setattr(retry, "TRIES", 0)
    for operator in (push(payloads=[1]), ClaimFromQueueOperator(task_id="claim", queue="orders")):
        with pytest.raises(NotReplicated, match="0 of 1"):
            operator.execute(context())
    orders.purge()
    orders.claim(claim_id="shop/manual__1/claim", incarnation="9").ack()
