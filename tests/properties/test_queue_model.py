"""Whatever is done in whatever order, the queue is where a small model says it is."""

from __future__ import annotations

import os
from datetime import timedelta

import hypothesis
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lab.history import witness
from lab.model import DONE, READY
from lab.snapshot import snapshot
from redis_xcom import Superseded
from tests.properties.driver import Driver

TICK = 0.5
LONG = bool(os.environ.get("LONG_PROPERTIES"))  # many more examples, and failures made small
seconds = st.sampled_from([1, 2, 5])
tries = st.sampled_from([-1, 0, 0, 1, 1])  # relative to the newest one
which = st.integers(0, 30)


class QueueMachine(Driver, RuleBasedStateMachine):
    """Does anything, in any order."""

    @rule(count=st.integers(1, 4), delay=st.sampled_from([0, 0, 1, 3]))
    def push(self, count, delay):
        rows = self.new_numbers(count, delay)
        assert self.queue.push_many(rows, delay=timedelta(seconds=delay)).pushed == count

    @rule(count=st.integers(1, 3), name=st.sampled_from("xyz"))
    def push_under_an_id(self, count, name):
        known = name in self.model.push_ids
        rows = [-1] * count if known else self.new_numbers(count)
        assert self.queue.push_many(rows, push_id=name).pushed == (0 if known else count)
        self.model.push_ids.add(name)

    @rule(count=st.integers(1, 4), key=st.sampled_from("klm"))
    def push_with_a_key(self, count, key):
        rows = self.new_numbers(count, key=key)
        assert self.queue.push_many(rows, ordering_keys=[key] * count).pushed == count

    @rule(bound=st.sampled_from([None, None, 1, 2, 4]))
    def limit(self, bound):
        self.queue.limit(max_claimed=bound)
        self.model.max_claimed = bound

    @rule()
    def a_stranger_pushes(self):
        (number,) = self.new_numbers(1)
        witness.push_foreign(self.client, self.queue.keys, f" {number} ".encode())

    @rule(limit=st.integers(1, 4), lease=seconds)
    def claim(self, limit, lease):
        self.model.catch_up("")
        claim = self.queue.claim(limit, lease=timedelta(seconds=lease))
        self.took(claim, limit, lease)

    @rule(
        name=st.sampled_from("ab"),
        incarnation=tries,
        limit=st.integers(1, 4),
        lease=seconds,
    )
    def claim_by_name(self, name, incarnation, limit, lease):
        incarnation = self.model.try_of(name, incarnation)
        span, held = timedelta(seconds=lease), self.model.live.get(name)
        if incarnation < self.model.newest.get(name, ""):
            with pytest.raises(Superseded):
                self.queue.claim(limit, claim_id=name, incarnation=incarnation, lease=span)
            return
        kept = held is not None and (
            held.incarnation == incarnation or self.model.take_over(held, incarnation, lease)
        )
        if not kept:
            self.model.catch_up(name)
        claim = self.queue.claim(limit, claim_id=name, incarnation=incarnation, lease=span)
        if kept:
            self.has_again(claim, held, lease)
        else:
            self.took(claim, limit, lease)

    @precondition(lambda self: self.handles)
    @rule(at=which, one=st.booleans())
    def ack(self, at, one):
        self.settle(at, one, "a", lambda claim, *items: claim.ack(*items), self.model.ack)

    @precondition(lambda self: self.handles)
    @rule(at=which, one=st.booleans())
    def ack_forwarding(self, at, one):
        data = [self.results._pusher.envelope("result")]

        def effect(held, numbers):
            self.model.ack(held, numbers)
            self.forwarded += 1

        self.settle(
            at,
            one,
            "a",
            lambda claim, *items: claim.ack_forwarding(items, data, self.results.keys),
            effect,
        )

    @precondition(lambda self: self.handles)
    @rule(at=which, one=st.booleans(), failed=st.booleans(), delay=st.sampled_from([0, 0, 2]))
    def release(self, at, one, failed, delay):
        span = timedelta(seconds=delay)
        self.settle(
            at,
            one,
            "r",
            lambda claim, *items: claim.release(*items, failed=failed, delay=span),
            lambda held, numbers: self.model.give_back(held, numbers, failed=failed, delay=delay),
        )

    @precondition(lambda self: self.handles)
    @rule(at=which, one=st.booleans())
    def reject(self, at, one):
        self.settle(
            at,
            one,
            "d",
            lambda claim, *items: claim.reject(*items, reason="no"),
            lambda held, numbers: self.model.give_back(held, numbers, letter="d"),
        )

    @precondition(lambda self: self.handles)
    @rule(at=which, lease=seconds)
    def extend(self, at, lease):
        claim, _, held = self.pick(at)
        if held is None:
            self.refused(lambda: claim.extend(timedelta(seconds=lease)))
        else:
            claim.extend(timedelta(seconds=lease))
            self.model.renew(held, lease)

    @precondition(lambda self: self.handles)
    @rule(
        at=which,
        most=st.integers(0, 2),
        to=st.sampled_from("abc"),
        incarnation=tries,
        lease=seconds,
        stale=st.booleans(),
    )
    def hand_over(self, at, most, to, incarnation, lease, stale):
        live = [claim for claim in self.handles if self.is_live(claim) and claim.claim_id != to]
        claim, believed, _ = self.pick(at, live if live and not stale else self.handles)
        if claim.claim_id == to or not believed:
            return
        places = sorted(claim.place_of(item) for item in believed[:most])
        incarnation = self.model.try_of(to, incarnation)
        who = {"claim_id": to, "incarnation": incarnation, "lease": lease}
        if self.give(claim.handle, places, who):
            span = timedelta(seconds=lease)
            taken = self.queue.claim(1, claim_id=to, incarnation=incarnation, lease=span)
            self.has_again(taken, self.model.live[to], lease)

    @precondition(lambda self: self.handed)
    @rule(at=st.integers(0, 2), incarnation=tries, lease=seconds)
    def hand_over_again(self, at, incarnation, lease):
        handle, places, to = self.handed[-1 - at % len(self.handed)]
        incarnation = self.model.try_of(to, incarnation)
        self.give(handle, places, {"claim_id": to, "incarnation": incarnation, "lease": lease})

    @rule(batch=st.integers(1, 3), most=st.integers(1, 4))
    def drain(self, batch, most):
        self.model.catch_up("")
        free = len(self.model.within_reach()) if self.model.room() else 0
        drain = self.queue.drain(batch, max_items=most, forward_to=self.results)
        seen = []
        for item in drain:
            drain.forward("result")
            seen.append(item.payload)
        assert len(seen) == min(free, most)
        for number in seen:
            assert self.model.items[number].where == READY
            self.model.end(number, DONE)
        self.forwarded += len(seen)

    @rule(ticks=st.integers(1, 6))
    def time_passes(self, ticks):
        for _ in range(ticks):
            self.clock.advance(TICK)
            self.queue._scripts.extend("nobody", generation=0, lease_ms=1000)
        self.model.now += ticks * TICK

    @rule()
    def redrive(self):
        dead = [letter.item.payload for letter in self.queue.dead(4096)]
        assert self.queue.redrive() == self.model.redrive(dead)

    @rule(dead=st.booleans())
    def purge(self, dead):
        assert self.queue.purge(dead=dead) == self.model.purge(dead=dead)

    @rule()
    def pause_or_resume(self):
        (self.queue.resume if self.model.paused else self.queue.pause)()
        self.model.paused = not self.model.paused

    @precondition(lambda self: self.requests)
    @rule(at=which)
    def a_late_copy_arrives(self, at):
        request = self.requests[-1 - at % len(self.requests)]
        before = snapshot(self.client)
        self.send_again(request)
        if request[0] != "extend":
            assert snapshot(self.client) == before
        elif held := self.model.live.get(request[1][0]):
            _, generation, lease_ms = request[1]
            if generation == held.generation:
                self.model.renew(held, lease_ms / 1000)

    def teardown(self):
        self.its_history_breaks_no_rule()

    @invariant()
    def it_is_as_the_model_says(self):
        self.every_item_is_once_where_it_should_be()
        self.every_claim_is_the_models()


@pytest.fixture
def witnessed():
    witness.install()
    yield
    witness.remove()


@pytest.mark.timeout(3600 if LONG else 180)
def test_the_queue_is_where_the_model_says(either_client, clock, witnessed, seed):
    run_state_machine_as_test(
        hypothesis.seed(seed)(lambda: QueueMachine(either_client, clock)),
        settings=settings(
            max_examples=2000 if LONG else 100,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
            database=None,
        ),
    )
