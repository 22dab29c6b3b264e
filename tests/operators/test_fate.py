"""What becomes of claims whose owners are not heard of: as Airflow says, never as it guesses."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from redis_xcom import Queue, ServerUnavailable
from redis_xcom.airflow import fate
from redis_xcom.airflow.compat import runs_that_go_on
from redis_xcom.airflow.fate import settle_silent
from redis_xcom.airflow.ownership import Owner, read_owner

TRY = "01995c6e-0000-7000-8000-000000000000"
LATER = "01995c6f-0000-7000-8000-000000000000"
LEASE = timedelta(minutes=15)
CLAIM = "shop/hourly/claim"
MAPPED = "shop/hourly/claim/3"


class Airflow:
    """The task that asks, and what the API server behind it knows."""

    dag_id, run_id, task_id, map_index, id = "shop", "now", "ask", -1, LATER

    def __init__(self, states=(), *, xcoms=(), runs=()):
        self.states = dict(states)
        self.xcoms = dict(xcoms)
        self.runs = dict(runs)
        self.asked = []

    def get_task_states(self, dag_id, task_ids, run_ids):
        self.asked.append((dag_id, *task_ids, *run_ids))
        found = {}
        for path, state in self.states.items():
            dag, run, task, *index = path.split("/")
            if dag == dag_id and run in run_ids and task in task_ids:
                found.setdefault(run, {})["_".join([task, *index])] = state
        return found

    def get_dr_count(self, dag_id, run_ids, states):
        self.asked.append((dag_id, *run_ids))
        return sum(self.runs.get(f"{dag_id}/{run_id}") in states for run_id in run_ids)

    def xcom_pull(self, *, key, task_ids, dag_id, run_id, map_indexes):
        index = "" if map_indexes < 0 else f"/{map_indexes}"
        return self.xcoms.get((f"{dag_id}/{run_id}/{task_ids}{index}", key))


@pytest.fixture(autouse=True)
def look_at_once():
    fate._looked.clear()


@pytest.fixture
def orders(client, clock):
    """A queue of two items, on the real server, with time in the test's hands."""
    queue = Queue("orders", client=client, clock=clock)
    queue.push_many(["a", "b"])
    yield queue
    queue.purge(dead=True)


@pytest.fixture
def silent(orders, clock):
    """`silent(claim_id)`: a claim of all there is, whose owner is not heard of for 31 s."""

    def claim(claim_id=CLAIM, incarnation=TRY):
        claim = orders.claim(2, lease=LEASE, claim_id=claim_id, incarnation=incarnation)
        clock.advance(31)
        return claim

    return claim


def marker(claim, **also):
    return {"claim_id": claim.claim_id, "generation": claim.generation, **also}


@pytest.mark.parametrize("claim_id", [CLAIM, MAPPED])
@pytest.mark.parametrize("state", sorted(fate.GOES_ON))
def test_what_a_task_holds_that_goes_on_is_kept_for_it(orders, silent, clock, claim_id, state):
    claim = silent(claim_id)
    settle_silent(orders, Airflow({claim_id: state}))
    clock.advance(15 * 60 - 1)
    assert orders.silent(LEASE) == []
    claim.ack()
    assert orders.stats().acked == 2


@pytest.mark.parametrize("claim_id", [CLAIM, MAPPED])
@pytest.mark.parametrize("state", ["failed", "upstream_failed", "skipped", "removed", None])
def test_what_a_task_holds_that_has_ended_otherwise_goes_back_at_once(
    orders, silent, claim_id, state, caplog
):
    silent(claim_id)
    settle_silent(orders, Airflow({claim_id: state}))
    back = orders.peek()
    assert [item.payload for item in back] == ["a", "b"]
    assert {item.failures for item in back} == {int(state == "failed")}
    assert "Given back" in caplog.text or caplog.records == []


@pytest.mark.parametrize("known", [{}, {"shop/daily/claim": "running"}, {MAPPED: "running"}])
def test_what_nobody_knows_of_any_more_goes_back_at_once(orders, silent, known):
    """Its run, its DAG or its map index was deleted."""
    silent()
    settle_silent(orders, Airflow(known))
    assert orders.stats().ready == 2


@pytest.mark.parametrize("claim_id", [CLAIM, MAPPED])
def test_what_a_task_has_done_that_died_before_its_ack_is_acked_for_it(orders, silent, claim_id):
    told = marker(silent(claim_id), returns=True)
    xcoms = {(claim_id, "claim"): told, (claim_id, "return_value"): []}
    settle_silent(orders, Airflow({claim_id: "success"}, xcoms=xcoms))
    assert (orders.stats().acked, orders.stats().total) == (2, 0)


@pytest.mark.parametrize(
    "told",
    [None, {}, "text", {"generation": 7}, {"generation": None}],
    ids=["nothing", "no generation", "another's text", "another generation", "none"],
)
def test_a_success_that_does_not_speak_of_this_generation_gives_back(orders, silent, told):
    """Marked by hand, or of a claim before this one: nobody has done this work."""
    silent()
    settle_silent(orders, Airflow({CLAIM: "success"}, xcoms={(CLAIM, "claim"): told}))
    assert (orders.stats().acked, orders.stats().ready) == (0, 2)


def test_a_success_by_hand_whose_output_was_never_kept_gives_back(orders, silent):
    """Its process died between the marker and the payloads."""
    xcoms = {(CLAIM, "claim"): marker(silent(), returns=True)}
    settle_silent(orders, Airflow({CLAIM: "success"}, xcoms=xcoms))
    assert (orders.stats().acked, orders.stats().ready) == (0, 2)


def test_work_that_returns_nothing_needs_no_output(orders, silent):
    xcoms = {(CLAIM, "claim"): marker(silent(), returns=False)}
    settle_silent(orders, Airflow({CLAIM: "success"}, xcoms=xcoms))
    assert orders.stats().acked == 2


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_belongs_to_a_run_is_kept_while_the_run_goes_on(orders, silent, clock, state):
    claim = silent("child/run-1")
    settle_silent(orders, Airflow(runs={"child/run-1": state}))
    clock.advance(15 * 60 - 1)
    assert orders.silent(LEASE) == []
    claim.ack()


@pytest.mark.parametrize("claim_id", ["child/run-1", "child/run-1//claim", "child/run-1//claim/3"])
@pytest.mark.parametrize("runs", [{}, {"child/run-1": "success"}, {"child/run-1": "failed"}])
def test_what_belongs_to_a_run_goes_back_once_the_run_has_ended(orders, silent, claim_id, runs):
    silent(claim_id)
    settle_silent(orders, Airflow(runs=runs))
    assert orders.stats().ready == 2


def test_what_is_kept_for_a_run_is_kept_no_longer_than_was_asked(orders, silent, clock):
    silent("child/run-1//claim")
    settle_silent(orders, Airflow(runs={"child/run-1": "running"}))
    assert orders.silent(timedelta(seconds=1)) == []
    clock.advance(15 * 60 - 32)
    [claim] = orders.silent(timedelta(seconds=1))
    assert claim.lease - claim.silent_for == timedelta(seconds=1)
    orders.handle(claim.claim_id, claim.generation).ack()


@pytest.mark.parametrize(
    ("claim_id", "incarnation"),
    [
        ("host:42:abcd.1", ""),
        ("shop/hourly/claim", "not a try"),
        ("shop/hourly/claim", "f47ac10b-58cc-4372-a567-0e02b2c3d479"),
        ("elsewhere:shop/hourly/claim", TRY),
        ("a/b/c/d/e", TRY),
        ("shop/hourly/claim/third", TRY),
        ("shop", TRY),
        ("shop/", TRY),
        ("/hourly", TRY),
        ("shop/hourly/" + "x" * 500, TRY),
    ],
)
def test_nobody_is_asked_about_a_claim_that_no_task_of_this_airflow_made(
    orders, silent, claim_id, incarnation
):
    claim = silent(claim_id, incarnation)
    airflow = Airflow()
    settle_silent(orders, airflow)
    assert airflow.asked == []
    claim.ack()


def test_another_airflow_on_the_same_queue_answers_for_its_own(orders, silent, monkeypatch):
    monkeypatch.setenv("AIRFLOW__REDIS_XCOM__DEPLOYMENT", "north")
    assert read_owner("south:shop/hourly/claim", TRY) is None
    assert read_owner(CLAIM, TRY) is None
    assert read_owner("north:shop/hourly/claim/3", TRY) == Owner("shop", "hourly", "claim", 3)
    silent("north:shop/hourly/claim")
    settle_silent(orders, Airflow({CLAIM: "failed"}))
    assert orders.stats().ready == 2


def test_a_name_may_look_like_a_mapped_one(orders, clock):
    """A task `claim_3` beside the third instance of `claim`, which Airflow names alike."""
    one = orders.claim(claim_id=MAPPED, incarnation=TRY, lease=LEASE)
    orders.claim(claim_id="shop/hourly/claim_3", incarnation=TRY, lease=LEASE)
    clock.advance(31)
    settle_silent(orders, Airflow({MAPPED: "running", "shop/hourly/claim_3": "failed"}))
    assert [item.payload for item in orders.peek()] == ["b"]
    one.ack()


def test_a_living_owner_is_never_asked_for(orders, silent):
    claim = silent()
    claim.extend()
    airflow = Airflow({CLAIM: "failed"})
    settle_silent(orders, airflow)
    assert airflow.asked == []
    claim.ack()


def test_the_task_that_asks_does_not_ask_for_itself(orders, silent):
    """Its own earlier try holds what it is about to take over."""
    claim = silent("shop/now/ask")
    airflow = Airflow()
    settle_silent(orders, airflow)
    assert airflow.asked == []
    claim.ack()


def test_one_question_is_enough_for_many_runs_of_a_task(orders, clock):
    orders.push_many(range(8))
    for number in range(10):
        orders.claim(claim_id=f"shop/run-{number}/claim", incarnation=TRY, lease=LEASE)
    clock.advance(31)
    airflow = Airflow()
    settle_silent(orders, airflow)
    assert len(airflow.asked) == 1
    assert orders.stats().ready == 10


@pytest.mark.parametrize("state", ["failed", "running", "success"])
def test_a_newer_try_that_takes_over_meanwhile_keeps_what_it_has(orders, silent, caplog, state):
    """What Airflow said is of the generation before."""

    class Slow(Airflow):
        def get_task_states(self, **which):
            self.taker = orders.claim(claim_id=CLAIM, incarnation=LATER, lease=LEASE)
            return super().get_task_states(**which)

    airflow = Slow({CLAIM: state}, xcoms={(CLAIM, "claim"): marker(silent())})
    settle_silent(orders, airflow)
    assert (orders.stats().claimed, orders.stats().acked) == (2, 0)
    airflow.taker.ack()


def test_whoever_cannot_be_asked_leaves_it_to_the_lease(orders, silent, caplog):
    class Down(Airflow):
        def get_task_states(self, **which):
            raise RuntimeError("planted")

    claim = silent()
    settle_silent(orders, Down())
    assert "left to their leases" in caplog.text
    claim.ack()


def test_an_api_server_that_hangs_delays_no_task_for_long(orders, silent, monkeypatch):
    monkeypatch.setattr(fate, "ASK_SECONDS", 0.05)
    go_on, asked = threading.Event(), threading.Event()

    class Hanging(Airflow):
        def get_task_states(self, **which):
            asked.set()
            go_on.wait(20)
            return super().get_task_states(**which)

    claim = silent()
    began = time.monotonic()
    settle_silent(orders, Hanging({CLAIM: "running"}))
    assert asked.is_set()
    assert time.monotonic() - began < 10
    go_on.set()
    claim.ack()


def test_a_queue_that_does_not_answer_is_no_error_here(caplog):
    class Away:
        name, keys = "orders", SimpleNamespace(base="xcom:{orders}:")

        def silent(self, *_which, **_how):
            raise ServerUnavailable("planted")

    settle_silent(Away(), Airflow())
    assert "not looked for silent claims: planted" in caplog.text


def test_a_task_that_waits_looks_once_in_a_while(orders, silent, monkeypatch):
    silent()
    airflow = Airflow()
    monkeypatch.setattr(fate, "LOOK_SECONDS", 60.0)
    settle_silent(orders, Airflow({CLAIM: "running"}))
    orders._scripts.clock.advance(31)
    settle_silent(orders, airflow)
    assert airflow.asked == []
    fate._looked.clear()
    settle_silent(orders, airflow)
    assert airflow.asked != []


def test_how_long_silence_lasts_is_configured(orders, silent, clock, monkeypatch):
    monkeypatch.setenv("AIRFLOW__REDIS_XCOM__QUIET", "100")
    claim, airflow = silent(), Airflow({CLAIM: "running"})
    settle_silent(orders, airflow)
    assert airflow.asked == []
    clock.advance(70)
    fate._looked.clear()
    settle_silent(orders, airflow)
    assert airflow.asked != []
    claim.ack()


def test_a_silence_that_is_no_number_is_told_and_nothing_is_asked(
    orders, silent, monkeypatch, caplog
):
    monkeypatch.setenv("AIRFLOW__REDIS_XCOM__QUIET", "soon")
    claim, airflow = silent(), Airflow()
    settle_silent(orders, airflow)
    assert airflow.asked == []
    assert "[redis_xcom] quiet is 'soon': give seconds" in caplog.text
    claim.ack()


@pytest.mark.parametrize(
    ("going_on", "questions"), [(range(40), 1), ((), 1), ([5], 11), ([5, 6, 39], 27)]
)
def test_many_runs_are_asked_about_together(going_on, questions):
    """Each run of `TriggerDagRunPerItemOperator` that waits to be started holds a silent claim."""
    airflow = Airflow(runs={f"child/{number}": "queued" for number in going_on})
    runs = [str(number) for number in range(40)]
    assert runs_that_go_on(airflow, "child", runs) == {str(number) for number in going_on}
    assert len(airflow.asked) <= questions
