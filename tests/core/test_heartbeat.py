"""Long work keeps its lease, and a loss is told to the work."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from redis_xcom import ClaimLost, ServerUnavailable
from redis_xcom import heartbeat as heartbeats
from redis_xcom.heartbeat import Heartbeat

SECOND = timedelta(seconds=1)


def threads():
    return [t for t in threading.enumerate() if t.name == "redis-xcom-heartbeat"]


@pytest.fixture
def alone(eventually, monkeypatch):
    """Heartbeat threads end soon, and those of earlier tests have ended."""
    monkeypatch.setattr(heartbeats, "LINGER", 0.05)


class Beating:
    """Counts its beats; `answers` are told in turn, the last one for ever."""

    def __init__(self, *, lease_seconds=0.05, answers=(True,)):
        self.lease_seconds = lease_seconds
        self.answers = list(answers)
        self.beats = []

    def renew(self):
        self.beats.append(time.monotonic())
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_long_work_keeps_its_lease(live_queue, eventually, client):
    live_queue.push("long")
    began = time.monotonic()
    with live_queue.claim(lease=SECOND) as claim:
        while time.monotonic() - began < 1.6:
            assert not live_queue.claim(wait=timedelta(seconds=0.2))
        claim.check()
    assert (live_queue.stats().acked, live_queue.stats().expired) == (1, 0)


def test_a_claim_that_its_holder_has_dropped_is_not_renewed_for_ever(
    live_queue, eventually, client
):
    live_queue.push("dropped")
    live_queue.claim(lease=SECOND).keep_alive()
    with eventually(live_queue.claim, "the item", timeout=5) as claim:
        assert claim.items[0].deliveries == 2


def test_without_heartbeats_the_lease_runs_out(live_queue, eventually, client):
    live_queue.push("frozen")
    frozen = live_queue.claim(lease=SECOND)
    assert not frozen.lost
    with eventually(live_queue.claim, "the item", timeout=5) as claim:
        assert claim.items[0].deliveries == 2
    with pytest.raises(ClaimLost):
        frozen.ack()


def test_a_drain_keeps_its_lease_while_an_item_is_worked(live_queue, client):
    live_queue.push_many(range(2))
    began = time.monotonic()
    for item in live_queue.drain(2, lease=SECOND):
        while item.payload == 0 and time.monotonic() - began < 1.6:
            assert not live_queue.claim(wait=timedelta(seconds=0.2))
    assert (live_queue.stats().acked, live_queue.stats().expired) == (2, 0)


def test_the_loss_of_a_lease_is_told_to_the_work(live_queue, eventually, client, caplog):
    live_queue.push_many(range(3))
    claim = live_queue.claim(3, claim_id="ti", incarnation="1", lease=SECOND).keep_alive()
    loop = iter(claim)
    next(loop)
    taker = live_queue.claim(3, claim_id="ti", incarnation="2")
    eventually(lambda: claim.lost, "the news of the takeover", timeout=5)
    with pytest.raises(ClaimLost, match="another incarnation took over"):
        next(loop)
    with pytest.raises(ClaimLost):
        claim.check()
    assert "is lost" in caplog.text
    taker.ack()


def test_the_loss_of_a_lease_is_told_to_a_drain(live_queue, eventually, client):
    live_queue.push_many(range(3))
    drain = live_queue.drain(3, lease=SECOND)
    with pytest.raises(ClaimLost):
        lose(drain, live_queue, eventually)
    live_queue.purge()


def lose(drain, queue, eventually):
    for _ in drain:
        holder = drain.holder.claimant
        queue._scripts.settle(
            holder.claim_id, generation=drain._claim.generation, action="release", places=None
        )
        eventually(lambda: drain._claim.lost, "the news of the loss", timeout=5)


def test_the_loss_is_logged_once(queue, expire, caplog):
    queue.push(1)
    claim = queue.claim()
    expire(queue, 61)
    assert [claim.renew() for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    queue.purge()


def test_a_beat_during_the_ack_sees_no_loss(queue, monkeypatch, caplog):
    """The server has acked, the reply is under way: the claim is gone there, but not lost."""
    queue.push_many(range(2))
    claim, settle = queue.claim(2), queue._scripts.settle

    def slow(*args, **how):
        reply = settle(*args, **how)
        assert claim.renew()
        return reply

    monkeypatch.setattr(queue._scripts, "settle", slow)
    claim.ack()
    assert not claim.lost
    assert caplog.records == []


def test_a_server_that_is_silent_for_a_lease_is_a_loss(queue, monkeypatch, caplog, eventually):
    queue.push(1)
    claim = queue.claim(claim_id="me", lease=SECOND)
    monkeypatch.setattr(queue._scripts, "extend", down)
    assert claim.renew()
    assert not claim.lost
    eventually(lambda: claim.lost, "the end of its lease", timeout=5)
    assert claim.renew()
    assert "not renewed for" in caplog.text
    with pytest.raises(ClaimLost, match="not renewed for"):
        list(claim)
    monkeypatch.undo()
    assert claim.renew()
    assert not claim.lost
    assert [item.payload for item in claim] == [1]
    claim.ack()


def down(*_, **__):
    raise ServerUnavailable("down")


def test_what_is_settled_is_renewed_no_more(queue):
    queue.push_many(range(2))
    for settle in ("ack", "release"):
        with queue.claim() as claim:
            assert len(queue._claimer._heartbeat._next) == 1
            getattr(claim, settle)()
            assert queue._claimer._heartbeat._next == {}
    queue.purge()


def test_a_claim_settled_in_part_is_renewed_all_the_same(queue):
    queue.push_many(range(3))
    with queue.claim(3) as claim:
        claim.ack(claim.items[0])
        claim.release(claim.items[1], delay=timedelta(hours=1))
        assert len(queue._claimer._heartbeat._next) == 1
    queue.purge()


def test_an_empty_claim_has_no_heartbeat(queue):
    with queue.claim():
        assert queue._claimer._heartbeat._next == {}


def test_keep_alive_without_a_block_lasts_until_it_is_stopped(queue):
    queue.push(1)
    claim = queue.claim().keep_alive()
    assert len(queue._claimer._heartbeat._next) == 1
    claim.stop_keep_alive()
    assert queue._claimer._heartbeat._next == {}
    claim.ack()


def test_it_beats_five_times_a_lease(alone, eventually):
    heart, beating = Heartbeat(), Beating(lease_seconds=0.5)
    heart.add(beating)
    eventually(lambda: len(beating.beats) >= 4, "four beats", every=0.005)
    heart.remove(beating)
    gaps = [b - a for a, b in zip(beating.beats, beating.beats[1:], strict=False)]
    assert min(gaps) > 0.08


def test_it_beats_often_enough_however_long_the_lease_is(alone, eventually, monkeypatch):
    monkeypatch.setattr(heartbeats, "LONGEST_PAUSE", 0.01)
    heart, beating = Heartbeat(), Beating(lease_seconds=3600)
    heart.add(beating)
    eventually(lambda: len(beating.beats) >= 3, "three beats", timeout=5, every=0.005)
    heart.remove(beating)


def test_one_thread_beats_for_many(alone, eventually):
    before = len(threads())
    heart, many = Heartbeat(), [Beating() for _ in range(20)]
    for beating in many:
        heart.add(beating)
    eventually(lambda: all(len(b.beats) >= 3 for b in many), "three beats of each", every=0.005)
    assert len(threads()) <= before + 1
    for beating in many:
        heart.remove(beating)


def test_a_lost_one_beats_no_more_and_the_others_do(alone, eventually):
    heart, lost, other = Heartbeat(), Beating(answers=(True, False)), Beating()
    heart.add(lost)
    heart.add(other)
    eventually(lambda: len(other.beats) >= 10, "ten beats of the other", every=0.005)
    assert len(lost.beats) == 2
    heart.remove(other)


def test_the_thread_ends_when_idle_and_starts_again(alone, eventually):
    heart, beating = Heartbeat(), Beating()
    for _ in range(2):
        heart.add(beating)
        eventually(lambda: beating.beats, "a beat", every=0.005)
        heart.remove(beating)
        eventually(lambda: heart._thread is None, "the thread's end", every=0.005)
        beating.beats.clear()


def test_an_unforeseen_error_ends_no_other_heartbeat(alone, eventually, caplog):
    class Broken(Beating):
        def renew(self):
            super().renew()
            raise RuntimeError("unforeseen")

    heart, broken, other = Heartbeat(), Broken(), Beating()
    heart.add(broken)
    heart.add(other)
    eventually(lambda: len(other.beats) >= 5, "five beats of the other", every=0.005)
    assert len(broken.beats) >= 2
    assert "unforeseen" in caplog.text
    heart.remove(broken)
    heart.remove(other)
