"""A process that may not go on renews nothing, and its work is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import ClaimLost, Queue
from redis_xcom.heartbeat import Heartbeat
from redis_xcom.life import Life

SECOND = timedelta(seconds=1)
TOLD = "was asked whether it is alive, and is not"


class Beating:
    """What is renewed; counts how often."""

    lease_seconds = 0.05

    def __init__(self):
        self.beats = 0

    def renew(self):
        self.beats += 1
        return True


class Fate:
    """Alive until it is told otherwise; counts how often it was asked."""

    def __init__(self):
        self.alive, self.asked = True, 0

    def __call__(self):
        self.asked += 1
        return self.alive


@pytest.fixture
def fate():
    return Fate()


@pytest.fixture
def mortal(server, client, fate):
    queue = Queue("orders", url=server.url, alive=fate)
    yield queue
    queue.close()


@pytest.fixture
def ended(make_queue, fate):
    """Three items, and the queue of a process that has just ended, with a claim of its own."""
    queue = make_queue(alive=fate)
    queue.push_many(range(3))
    claim = queue.claim(3)
    fate.alive = False
    claim.renew()
    return queue, claim


def test_the_work_of_a_process_that_ended_is_told_and_its_items_go_on(
    mortal, live_queue, fate, eventually
):
    mortal.push("work")
    with pytest.raises(ClaimLost, match=TOLD), mortal.claim(lease=SECOND) as claim:
        eventually(lambda: fate.asked > 1, "two heartbeats")
        claim.check()
        fate.alive = False
        eventually(lambda: claim.lost, "the end to be noticed")
        asked = fate.asked
        claim.check()
    assert fate.asked <= asked + 1
    with live_queue.claim() as other:
        assert other.payloads == ["work"]


def test_nothing_is_renewed_once_it_has_ended(ended, fate, clock, snapshot):
    _, claim = ended
    fate.alive = True  # it stays so, whatever is said later
    clock.advance(1)
    before = snapshot()
    assert not claim.renew()
    with pytest.raises(ClaimLost, match=TOLD):
        claim.extend()
    assert snapshot() == before
    assert claim.lost
    claim.release()


@pytest.mark.parametrize(
    "act",
    [
        lambda claim: claim.check(),
        lambda claim: next(iter(claim)),
        lambda claim: claim.ack(),
        lambda claim: claim.ack(claim.items[0]),
        lambda claim: claim.reject(reason="no"),
        lambda claim: claim.hand_over(claim_id="other"),
    ],
)
def test_its_claims_count_as_lost(ended, snapshot, act):
    _, claim = ended
    before = snapshot()
    with pytest.raises(ClaimLost, match=TOLD):
        act(claim)
    assert snapshot() == before
    claim.release()


def test_what_it_holds_may_still_be_given_back(ended):
    queue, claim = ended
    claim.release()
    assert queue.stats().ready == 3
    queue.purge()


def test_so_do_claims_that_it_makes_later(ended):
    queue, claim = ended
    claim.release()
    with pytest.raises(ClaimLost, match=TOLD), queue.claim() as later:
        list(later)
    assert queue.stats().ready == 3
    queue.purge()


def test_a_drain_ends_and_leaves_its_batch_to_whoever_comes_next(make_queue, fate):
    queue = make_queue(alive=fate)
    queue.push_many(range(5))
    drain, seen = queue.drain(3), []
    with pytest.raises(ClaimLost, match=TOLD):
        for item in drain:
            seen.append(item.payload)
            fate.alive = item.payload < 1
            drain.renew()
    assert seen == [0, 1]
    assert (queue.stats().acked, queue.stats().claimed) == (0, 3)
    queue._client.flushall()


def test_it_is_asked_before_each_heartbeat(eventually, fate):
    heart, beating = Heartbeat(Life(fate)), Beating()
    heart.add(beating)
    eventually(lambda: beating.beats >= 3, "three beats", every=0.005)
    fate.alive = False
    eventually(lambda: not heart._next, "the last beat", every=0.005)
    assert fate.asked >= beating.beats


def test_an_answer_that_fails_is_asked_for_again(eventually, caplog):
    answers = iter([RuntimeError("no idea"), True, True])

    def alive():
        answer = next(answers, True)
        if isinstance(answer, Exception):
            raise answer
        return answer

    heart, beating = Heartbeat(Life(alive)), Beating()
    heart.add(beating)
    eventually(lambda: beating.beats >= 2, "two beats", every=0.005)
    assert "no idea" in caplog.text
    heart.remove(beating)
