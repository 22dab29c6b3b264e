"""An XCom is one consumer's alone, until that consumer has ended without it."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from airflow.sdk.definitions._internal import contextmanager

from redis_xcom.airflow import listener
from redis_xcom.airflow.fate import GOES_ON
from redis_xcom.airflow.xcom import RedisXCom, holders
from redis_xcom.airflow.xcom.claimed import claim_xcom, release_xcom
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.options import aim, keep
from redis_xcom.airflow.xcom.singles import single_name
from redis_xcom.errors import (
    AlreadyClaimed,
    NotForYou,
    ServerUnavailable,
    Superseded,
    XComAltered,
    XComExpired,
    XComMissing,
)
from redis_xcom.single import Single

CARD = {"number": 7}
DAY = 86_400_000


@pytest.fixture
def issued(airflow):
    airflow.push(CARD)
    return airflow


@pytest.fixture
def single(client):
    """What Redis holds of the claim on the card."""
    name = single_name(Coordinate("cards", "manual__1", "issue"))
    return Single(name, client=client)


def claim(ti, **how):
    return claim_xcom(task_ids="issue", context=ti.context, **how)


def release(ti, **how):
    return release_xcom(task_ids="issue", context=ti.context, **how)


def test_one_task_has_it_and_others_are_told_which(issued):
    first, other = issued.ti("use"), issued.ti("refund")
    issued.states[first.path] = "running"
    assert claim(first) == claim(first) == CARD
    with pytest.raises(AlreadyClaimed) as refusal:
        claim(other)
    assert refusal.value.holder == first.path
    assert str(refusal.value).startswith(
        "XCom 'return_value' of cards.issue, run manual__1 is not for cards/manual__1/refund: "
        "held since "
    )
    assert "by cards.use manual__1 " in str(refusal.value)


def test_its_retry_has_it_and_the_older_try_is_told_to_end(issued):
    older, newer = issued.ti("use", 1), issued.ti("use", 2)
    claim(older)
    assert claim(newer) == CARD
    with pytest.raises(Superseded):
        claim(older)
    assert not release(older)
    with pytest.raises(Superseded):
        claim(older)


@pytest.mark.parametrize("state", [*sorted(GOES_ON), "success", None, "of a later version"])
def test_it_stays_with_a_task_that_goes_on_or_has_succeeded(issued, state):
    first, other = issued.ti("use", map_index=3), issued.ti("refund")
    claim(first)
    issued.states[first.path] = state
    with pytest.raises(AlreadyClaimed):
        claim(other)
    assert claim(issued.ti("use", 2, map_index=3)) == CARD


@pytest.mark.parametrize("state", sorted(holders.ENDED_WITHOUT))
def test_the_next_one_has_it_where_its_holder_has_ended_without(issued, state):
    first, other = issued.ti("use"), issued.ti("refund")
    claim(first)
    if state != "unknown":
        issued.states[first.path] = state
    issued.states[other.path] = "running"
    assert claim(other) == CARD
    with pytest.raises(AlreadyClaimed, match="refund"):
        claim(first)


def test_a_holder_that_comes_back_while_airflow_is_asked_keeps_it(issued, monkeypatch):
    first, other = issued.ti("use"), issued.ti("refund")
    claim(first)
    states = issued.task_states

    def clear(*which):
        """Asked for the first time the task has failed; by the answer it runs anew."""
        if issued.asked == 0:
            claim(issued.ti("use", 2))
            issued.states[first.path] = "running"
            issued.asked = 1
            return {"manual__1": {"use": "failed"}}
        return states(*which)

    monkeypatch.setattr(issued, "task_states", clear)
    with pytest.raises(AlreadyClaimed, match="cards/manual__1/use"):
        claim(other)
    assert claim(issued.ti("use", 2)) == CARD


def test_however_many_have_ended_an_answer_comes_soon(issued, monkeypatch, single):
    """Each time it is given back somebody else is faster."""
    issued.states = {}
    claim(issued.ti("use"))
    states = issued.task_states

    def steal(*which):
        told = states(*which)
        holder = single.holder()
        single.release(holder.claim_id, generation=holder.generation)
        single.claim(issued.ti(f"thief{issued.asked}").path, incarnation=issued.ti().id)
        return told

    monkeypatch.setattr(issued, "task_states", steal)
    with pytest.raises(AlreadyClaimed, match="thief"):
        claim(issued.ti("refund"))
    assert issued.asked == 3


def test_where_airflow_does_not_answer_nothing_is_changed(issued, monkeypatch):
    first, other = issued.ti("use"), issued.ti("refund")
    claim(first)
    monkeypatch.setattr(issued, "task_states", lambda *_which: 1 / 0)
    with pytest.raises(AlreadyClaimed):
        claim(other)
    late = threading.Event()
    monkeypatch.setattr(issued, "task_states", lambda *_which: late.wait(30) and {})
    monkeypatch.setattr(holders, "ASK_SECONDS", 0.05)
    with pytest.raises(AlreadyClaimed):
        claim(other)
    late.set()


def test_a_consumer_with_a_name_is_asked_about_nowhere(issued):
    use, other = issued.ti("use"), issued.ti("refund")
    assert claim(use, consumer_id="till 4") == CARD
    assert claim(other, consumer_id="till 4") == CARD
    with pytest.raises(AlreadyClaimed, match="as till 4") as refusal:
        claim(use)
    assert refusal.value.holder == "till 4"
    assert issued.asked == 0
    assert release(use, consumer_id="till 4")
    assert claim(use) == CARD


def test_whoever_has_it_may_release_it(issued):
    first, other = issued.ti("use"), issued.ti("refund")
    claim(first)
    assert not release(other)
    assert release(first)
    assert claim(other) == CARD


def test_a_lease_is_that_of_any_claim(issued, single, client):
    use = issued.ti("use")
    claim(use, lease=timedelta(seconds=30))
    assert json.loads(client.hget(single.keys.part("claims"), use.path))["lease"] == 30_000


def test_map_index_key_run_and_dag_tell_xcoms_apart(issued):
    issued.push(1, map_index=0)
    issued.push(2, map_index=1)
    issued.push("p", key="pin")
    first, other = issued.ti("use"), issued.ti("refund")
    assert claim(first, map_index=0) == 1
    assert claim(other, map_index=1) == 2
    assert claim(other, key="pin") == "p"
    assert claim(other) == CARD
    elsewhere = issued.ti("use", dag_id="tills", run_id="monday")
    issued.states[other.path] = "running"
    with pytest.raises(AlreadyClaimed):
        claim(elsewhere, dag_id="cards", run_id="manual__1")
    names = {
        single_name(Coordinate(*parts))
        for parts in [("a", "b.c", "d"), ("a.b", "c", "d"), ("a", "b", "c.d"), ("a/", "b", "c")]
    }
    assert len(names) == 4


def test_two_airflows_on_one_server_have_each_their_own(issued, monkeypatch):
    claim(issued.ti("use"))
    monkeypatch.setenv("AIRFLOW__REDIS_XCOM__DEPLOYMENT", "north")
    assert claim(issued.ti("refund")) == CARD


def test_what_is_not_there_is_not_claimed(airflow, client):
    with pytest.raises(XComMissing, match=r"XCom 'pin' of cards\.issue"):
        claim(airflow.ti(), key="pin")
    assert client.keys("*") == []


def test_what_is_for_others_is_not_claimed(airflow, client, monkeypatch):
    airflow.push(aim(CARD, to="use"))
    refund, use = airflow.ti("refund"), airflow.ti("use")
    monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [refund.context])
    with pytest.raises(NotForYou, match="refund"):
        claim(refund)
    assert client.keys("*") == []
    monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [use.context])
    assert claim(use) == CARD


def reference_row(**told):
    data = {"type": "dict", "bytes": 2, "sha256": "0" * 64, "uri": "file:///nowhere/x"} | told
    return {
        "__classname__": "redis_xcom.airflow.xcom.XComReference",
        "__version__": 1,
        "__data__": data,
    }


def test_what_has_expired_is_not_claimed(airflow, client):
    airflow.rows["return_value", -1] = reference_row(expires="2026-01-01T00:00:00Z")
    with pytest.raises(XComExpired):
        claim(airflow.ti())
    assert client.keys("*") == []


def test_the_winner_that_cannot_read_it_gives_it_back(airflow, single):
    airflow.rows["return_value", -1] = reference_row()
    with pytest.raises(XComAltered):
        claim(airflow.ti())
    assert single.look()["task_id"] == "issue"
    assert single.holder() is None


@pytest.mark.parametrize("number", [1, 2], ids=["the same try", "a retry"])
@pytest.mark.parametrize("consumer_id", [None, "till 4"])
def test_who_has_had_it_and_cannot_read_it_again_keeps_it(airflow, single, number, consumer_id):
    airflow.push(CARD)
    claim(airflow.ti("use", 1), consumer_id=consumer_id)
    airflow.rows["return_value", -1] = reference_row()
    with pytest.raises(XComAltered):
        claim(airflow.ti("use", number), consumer_id=consumer_id)
    assert single.holder().claim_id == (consumer_id or airflow.ti("use").path)


@pytest.mark.parametrize(
    ("ttl", "seconds"),
    [(timedelta(hours=2), range(7_190, 7_202)), (0, [-1])],
    ids=["two hours", "never"],
)
def test_the_claim_ends_with_a_value_in_a_store(airflow, client, tmp_path, ttl, seconds):
    airflow.push(keep(CARD, store=tmp_path.as_uri(), threshold=0, ttl=ttl))
    assert claim(airflow.ti()) == CARD
    (left,) = {client.pttl(key) // 1000 for key in client.keys("*")}
    assert left in seconds


def test_the_claim_on_a_value_in_the_database_ends_as_values_usually_do(issued, client):
    claim(issued.ti())
    left = {client.pttl(key) for key in client.keys("*")}
    assert 29 * DAY < min(left) <= max(left) <= 30 * DAY


def test_without_redis_nobody_has_it(issued, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", "redis://127.0.0.1:1")
    with pytest.raises(ServerUnavailable):
        claim(issued.ti())


def test_the_backend_offers_it_too(issued, monkeypatch):
    use = issued.ti("use")
    issued.states[use.path] = "running"
    monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [use.context])
    assert RedisXCom.claim_xcom(task_ids="issue") == CARD
    with pytest.raises(AlreadyClaimed):
        RedisXCom.claim_xcom("return_value", "till 4", task_ids="issue")


def ended(ti, state, how, *told):
    ti.state = state
    how(ti, *told)


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_once_its_task_has_ended_without_it_is_free_at_once(issued, single, state):
    use = issued.ti("use")
    claim(use)
    if state == "failed":
        ended(use, state, listener.on_task_instance_failed, ValueError())
    else:
        ended(use, state, listener.on_task_instance_skipped)
    assert single.holder() is None
    assert claim(issued.ti("refund")) == CARD
    assert issued.asked == 0


def test_a_task_that_is_tried_again_keeps_it(issued, single):
    use = issued.ti("use")
    claim(use)
    ended(use, "up_for_retry", listener.on_task_instance_failed, ValueError())
    assert single.holder().claim_id == use.path


def test_a_task_that_has_succeeded_keeps_it(issued, single):
    use = issued.ti("use")
    claim(use)
    ended(use, "success", listener.on_task_instance_success)
    assert single.holder().claim_id == use.path


def test_an_older_try_that_ends_takes_nothing_from_the_newer(issued, single):
    older, newer = issued.ti("use", 1), issued.ti("use", 2)
    claim(older)
    claim(newer)
    ended(older, "failed", listener.on_task_instance_failed, ValueError())
    assert single.holder().incarnation == newer.id


def test_what_a_name_holds_outlasts_the_task(issued, single):
    use = issued.ti("use")
    claim(use, consumer_id="till 4")
    ended(use, "failed", listener.on_task_instance_failed, ValueError())
    assert single.holder().claim_id == "till 4"


def test_where_redis_is_away_the_task_ends_all_the_same(issued, monkeypatch, caplog):
    use = issued.ti("use")
    claim(use)

    def away(*_who, **_how):
        raise ServerUnavailable("away")

    monkeypatch.setattr(Single, "release", away)
    ended(use, "failed", listener.on_task_instance_failed, ValueError())
    assert "Not released, XCom 'return_value' of cards.issue" in caplog.text
