"""The server's clock jumps, or nobody calls for hours: nothing is stolen and nothing is stuck."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redis_xcom import Queue

HOUR = 3_600
DAY = 24 * HOUR
JUMPS = (HOUR, -HOUR, DAY, -DAY)
LEASES = (1, 7, 60, 600, HOUR)
START_US = 1_800_000_000_000_000


class World:
    """Real time, a server's clock that is off by its jumps, and the owners that live in it.

    A live owner extends its claim five times a lease of real time. Whoever polls is another
    consumer, which must get nothing of theirs.
    """

    def __init__(self, client):
        self.real = self.off = 0.0
        self.queue = Queue("orders", client=client, clock=self.server_us)
        self.polls = self.beats = self.jumps = 0
        self.live = {}  # claim -> when its next beat is due
        self.dead = {}  # item -> lease of the owner that died with it

    def server_us(self):
        return START_US + round((self.real + self.off) * 1_000_000)

    def own(self, lease):
        """An owner appears, with one item."""
        self.queue.push(f"{lease}/{self.real}")
        claim = self.queue.claim(lease=timedelta(seconds=lease))
        assert claim
        self.live[claim] = self.real + lease / 5

    def die(self, claim):
        del self.live[claim]
        self.dead[claim.payloads[0]] = claim.lease_seconds

    def jump(self, seconds):
        self.off += seconds
        self.jumps += 1

    def let_pass(self, seconds):
        """Real time passes; the living are heard at their times, which all must be granted."""
        until = self.real + seconds
        while self.live and min(self.live.values()) <= until:
            claim = min(self.live, key=self.live.get)
            self.real = max(self.real, self.live[claim])
            claim.extend()
            self.beats += 1
            self.live[claim] = self.real + claim.lease_seconds / 5
        self.real = until

    def poll(self):
        """Another consumer asks; return the dead owners' items that it got."""
        self.polls += 1
        claim = self.queue.claim(10)
        assert set(claim.payloads) <= set(self.dead), "stolen from a live owner"
        for payload in claim.payloads:
            del self.dead[payload]
        claim.ack()
        return claim

    def poll_for(self, seconds, *, every):
        until = self.real + seconds
        while self.real < until:
            self.let_pass(min(every, until - self.real))
            self.poll()


@pytest.fixture
def world(either_client):
    return World(either_client)


def bury_the_living(world):
    for claim in list(world.live):
        world.die(claim)


def check_that_all_come_back(world, *, since):
    """Poll until the last dead owner's item has come, each within a lease and a third."""
    while world.dead:
        every = min(world.dead.values()) / 10
        world.let_pass(every)
        world.poll()
        late = {i: lease for i, lease in world.dead.items() if world.real - since > bound(lease)}
        assert late == {}, "stuck"


def bound(lease):
    """Seconds of observed time after which a dead owner's items must have come, and one poll."""
    return lease + lease / 3 + lease / 10


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_steals_no_live_lease(world, jump):
    for lease in LEASES:
        world.own(lease)
    world.poll_for(3, every=0.2)
    world.jump(jump)
    world.poll_for(30, every=0.2)
    assert len(world.live) == len(LEASES)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_freezes_no_dead_owners_items(world, jump):
    for lease in LEASES:
        world.own(lease)
    world.poll_for(2, every=0.3)
    bury_the_living(world)
    world.jump(jump)
    check_that_all_come_back(world, since=world.real)


def test_several_jumps_in_a_row_change_neither(world, figures):
    """At most two jumps forward between two heartbeats: see the guarantees."""
    leases = [lease for lease in LEASES if lease <= 60]
    for lease in leases:
        world.own(lease)
    for jump in (HOUR, HOUR, DAY, -HOUR, -HOUR, HOUR, -DAY, HOUR, HOUR, -2 * HOUR) * 4:
        world.jump(jump)
        world.poll_for(6.1, every=0.3)
    figures(
        f"{len(leases)} leases of 1 to 60 s, {world.jumps} jumps up to a day, {world.beats} beats, "
        f"{world.polls} polls: 0 stolen"
    )
    bury_the_living(world)
    check_that_all_come_back(world, since=world.real)


def test_items_of_an_owner_dead_for_hours_come_within_a_third_of_a_lease(world):
    world.own(60)
    bury_the_living(world)
    world.let_pass(3 * HOUR)
    first = world.poll()
    assert not first
    assert timedelta(0) < first.retry_after <= timedelta(seconds=20)
    world.let_pass(first.retry_after.total_seconds())
    assert world.poll()


def test_a_poller_that_never_waits_learns_how_long_to_wait_and_gets_them_at_its_third_visit(world):
    world.own(60)
    bury_the_living(world)
    for _ in range(2):
        world.let_pass(HOUR)
        for _ in range(3):
            assert world.poll().retry_after == timedelta(seconds=20)
    world.let_pass(HOUR)
    assert world.poll()


def test_two_jumps_between_heartbeats_steal_nothing_and_a_heartbeat_ends_all_doubt(world):
    world.own(60)
    for _ in range(3):
        for _ in range(2):
            world.jump(HOUR)
            world.poll()
        world.let_pass(12)
    assert len(world.live) == 1


def test_a_poller_in_between_neither_delays_nor_hastens(world):
    world.own(60)
    world.own(600)
    bury_the_living(world)
    died = world.real
    world.let_pass(3 * HOUR)
    world.poll()
    world.poll_for(19.9, every=0.7)
    assert len(world.dead) == 2
    world.poll_for(0.7, every=0.7)
    assert set(world.dead.values()) == {600}
    world.poll_for(200, every=5)
    assert not world.dead
    assert world.real - died < 3 * HOUR + 200 + 30


class RunningClock:
    """The server's clock, as far off as the test says."""

    def __init__(self):
        self.off = 0.0

    def __call__(self):
        return START_US + round((time.monotonic() + self.off) * 1_000_000)


@pytest.mark.parametrize("way", ["claim", "drain"])
def test_the_first_consumer_after_hours_waits_a_third_of_a_lease(either_client, way):
    clock, lease = RunningClock(), timedelta(seconds=1.5)
    queue = Queue("orders", client=either_client, clock=clock)
    queue.push_many(range(3))
    assert len(queue.claim(3, lease=lease)) == 3
    clock.off += 3 * HOUR
    began = time.monotonic()
    if way == "claim":
        payloads = queue.claim(3, wait=timedelta(seconds=30)).payloads
    else:
        payloads = list(itertools.islice((item.payload for item in queue.drain()), 3))
    assert payloads == [0, 1, 2]
    assert time.monotonic() - began < lease.total_seconds() / 3 + 0.4


LEASE = 30.0
LARGE = st.sampled_from((16.0, 40.0, HOUR, DAY)).flatmap(lambda j: st.sampled_from((j, -j)))
SMALL = st.floats(-0.3, 0.3)  # a clock that is adjusted: all within a beat are below 2/15 lease
EVENTS = st.one_of(
    st.tuples(st.just("let_pass"), st.floats(0, 2 * LEASE)),
    st.tuples(st.just("poll_for"), st.floats(0, LEASE)),
    st.tuples(st.just("jump"), LARGE),
    st.tuples(st.just("jump"), SMALL),
)
OFTEN = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def play(world, events, every):
    for what, amount in events:
        if what == "poll_for":
            world.poll_for(amount, every=every)
        else:
            getattr(world, what)(amount)
        if what == "jump" and amount > LEASE / 3:
            world.let_pass(LEASE / 10)  # so that two at most lie between two heartbeats


@OFTEN
@given(
    before=st.lists(EVENTS, max_size=12),
    after=st.lists(EVENTS, max_size=4),
    every=st.floats(0.2, LEASE / 3),
)
def test_whatever_the_clock_does_the_living_keep_and_the_dead_give_back(
    client, before, after, every
):
    client.flushall()
    world = World(client)
    world.own(LEASE)
    world.own(LEASE * 0.9)
    play(world, before, every)
    bury_the_living(world)
    play(world, after, every)
    since = world.real
    while world.dead:
        world.let_pass(every)
        world.poll()
        assert world.real - since <= LEASE + LEASE / 3 + every, "stuck"
