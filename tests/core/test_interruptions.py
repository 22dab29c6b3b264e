"""A call that a signal cuts short: no later call takes its reply, no lock stays taken."""

from __future__ import annotations

import os
import random
import signal
import threading
from datetime import timedelta
from functools import partial

import pytest
import redis

from redis_xcom import Queue

ITEMS = 20
TIMES = 300
LONGEST = 0.004


class Ended(BaseException):
    """As a signal's handler raises it: wherever the work is."""


@pytest.fixture
def cut_short(monkeypatch):
    """`cut_short(n)`: the nth call from now on is ended between its sending and its reply."""
    kind = redis.Redis
    plain = kind.parse_response

    def plan(count):
        def parse(self, connection, *args, **options):
            nonlocal count
            count -= 1
            if count == 0:
                monkeypatch.setattr(kind, "parse_response", plain)
                raise Ended
            return plain(self, connection, *args, **options)

        monkeypatch.setattr(kind, "parse_response", parse)

    return plan


def test_the_call_after_an_interrupted_one_gets_its_own_reply(live_queue, client, cut_short):
    live_queue.push_many(range(2))
    claim = live_queue.claim()
    cut_short(1)
    with pytest.raises(Ended):
        live_queue.stats()
    claim.ack()
    assert live_queue.peek(1)[0].payload == 1
    live_queue.purge()


def test_a_drain_that_is_cut_short_in_its_step_does_not_take_its_reply_for_another(
    live_queue, client, cut_short
):
    live_queue.push_many(range(4))
    with pytest.raises(Ended):
        interrupt_in_second_step(live_queue, cut_short)
    stats = live_queue.stats()
    assert (stats.acked, stats.claimed) == (2, 2)
    [left] = live_queue.silent(timedelta(0))
    live_queue.handle(left.claim_id, left.generation).ack()


def interrupt_in_second_step(queue, cut_short):
    for item in queue.drain(2):
        if item.payload == 1:
            cut_short(1)


def end_after(seconds, work):
    """Do the work until a signal ends it so much later, or it is done just before."""
    armed = True

    def end(*_):
        if armed:
            raise Ended

    before = signal.signal(signal.SIGUSR1, end)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        work()
        timer.join()
    except Ended:
        pass
    finally:
        armed = False
        timer.join()
        signal.signal(signal.SIGUSR1, before)


# A signal in the middle of a connect leaves a socket that nobody has: it is closed by and by.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_work_that_is_ended_anywhere_unwinds_and_gives_back(server, client, seed, caplog):
    """Three hundred times at any point: in a claim, between two items, in the middle of an ack."""
    dice = random.Random(seed)
    queue = Queue("orders", url=server.url, max_deliveries=None)
    queue.push_many(range(ITEMS))
    for number in range(TIMES):
        end_after(LONGEST * dice.random(), partial(work, queue, f"{number:06}"))
    assert "is lost" not in caplog.text
    with queue.claim(ITEMS, claim_id="me", incarnation="last") as last:
        stats = queue.stats()
        assert (len(last), stats.claimed, stats.total, stats.dead) == (ITEMS, ITEMS, ITEMS, 0)
    queue.close()


def work(queue, incarnation):
    """Claim, look at every item's queue, give back; until it is ended."""
    who = {"claim_id": "me", "incarnation": incarnation, "lease": timedelta(minutes=1)}
    for _ in range(50):
        with queue.claim(ITEMS, **who) as claim:
            assert len(claim) == ITEMS
            for item in claim:
                assert isinstance(item.payload, int)
                if item.payload % 5 == 0:
                    assert queue.stats().claimed == ITEMS
            claim.release()
