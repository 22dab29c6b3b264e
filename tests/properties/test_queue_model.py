"""Whatever is done in whatever order, the queue is where a small model says it is."""

from __future__ import annotations

import json
import os
from datetime import timedelta

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

from lab.leaks import find_leaks
from lab.model import CLAIMED, DEAD, DELAYED, DONE, MAX_DELIVERIES, READY, Model, ModelClaim
from lab.snapshot import snapshot
from redis_xcom import ClaimLost, Queue, Superseded

TICK = 0.5
LONG = bool(os.environ.get("LONG_PROPERTIES"))  # many more examples, and failures made small
seconds = st.sampled_from([1, 2, 5])
which = st.integers(0, 30)


class QueueMachine(RuleBasedStateMachine):
    """Drives a queue and its model side by side."""

    def __init__(self, client, clock):
        super().__init__()
        client.flushall()
        self.client, self.clock, self.model = client, clock, Model()
        self.queue = Queue("orders", client=client, clock=clock, max_deliveries=MAX_DELIVERIES)
        self.results = Queue("results", tag="orders", client=client, clock=clock)
        self.handles, self.numbers, self.forwarded, self.requests = [], 0, 0, []
        self._remember_requests()

    def _remember_requests(self):
        run = self.queue._scripts._run

        def remembered(name, *rest):
            reply = run(name, *rest)
            if name in ("push", "settle", "extend") and rest[0][0] != "nobody":
                self.requests.append((name, *rest))
            return reply

        self.queue._scripts._run = remembered
        self.send_again = lambda request: run(*request)

    def new_numbers(self, count, delay=0):
        made = [self.numbers + n for n in range(count)]
        self.numbers += count
        for number in made:
            self.model.add(number, delay)
        return made

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

    @rule()
    def a_stranger_pushes(self):
        (number,) = self.new_numbers(1)
        self.client.rpush("xcom:{orders}:ready", f" {number} ")

    @rule(limit=st.integers(1, 4), lease=seconds)
    def claim(self, limit, lease):
        self.model.catch_up("")
        claim = self.queue.claim(limit, lease=timedelta(seconds=lease))
        self.took(claim, limit, lease)

    @rule(
        name=st.sampled_from("ab"),
        incarnation=st.sampled_from("123"),
        limit=st.integers(1, 4),
        lease=seconds,
    )
    def claim_by_name(self, name, incarnation, limit, lease):
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

    def took(self, claim, limit, lease):
        free = 0 if self.model.paused else len(self.model.those(READY))
        assert len(claim) == min(limit, free)
        if claim:
            self.check_counts(claim, 0)
            deadline = self.model.now + lease
            held = list(claim.payloads)
            who = (claim.claim_id, claim.incarnation, claim.generation)
            self.model.hand_out(ModelClaim(*who, lease, deadline, held))
            self.handles.append(claim)

    def has_again(self, claim, held, lease):
        assert sorted(claim.payloads) == sorted(held.held)
        assert claim.generation >= held.generation
        self.model.fenced_on(held, claim.generation)
        if claim.taken_over:
            assert held.takeovers
        self.check_counts(claim, held.takeovers)
        self.model.renew(held, lease)
        self.handles.append(claim)

    def check_counts(self, claim, takeovers):
        for item in claim.items:
            expected = self.model.items[item.payload]
            assert item.deliveries == expected.returns + 1 + takeovers
            assert item.failures == expected.failures

    def pick(self, at):
        """A claim object, live or stale, with what it believes to hold and what the model says."""
        claim = self.handles[-1 - at % len(self.handles)]
        believed = [item for item in claim.items if claim.holds(item)]
        held = self.model.live.get(claim.claim_id)
        mine = held is not None and held.generation == claim.generation
        return claim, believed, held if mine else None

    def settle(self, at, one, letter, act, effect):
        """Through any handle: it befalls the items it still holds, or it is refused whole."""
        claim, believed, held = self.pick(at)
        chosen = believed[:1] if one else believed
        numbers = [item.payload for item in chosen]
        if not chosen:
            return
        if not self.model.allows(claim.claim_id, claim.generation, numbers, letter):
            self.refused(lambda: act(claim, *chosen))
            return
        act(claim, *chosen)
        if left := [number for number in numbers if held and number in held.held]:
            effect(held, left)

    def refused(self, act):
        before = snapshot(self.client)
        with pytest.raises(ClaimLost):
            act()
        assert snapshot(self.client) == before

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

    @rule(batch=st.integers(1, 3), most=st.integers(1, 4))
    def drain(self, batch, most):
        self.model.catch_up("")
        free = 0 if self.model.paused else len(self.model.those(READY))
        drain = self.queue.drain(batch, max_items=most, forward_to=self.results)
        seen = []
        for item in drain:
            drain.forward("result")
            seen.append(item.payload)
        assert len(seen) == min(free, most)
        for number in seen:
            assert self.model.items[number].where == READY
            self.model.items[number].where = DONE
        self.forwarded += len(seen)

    @rule(ticks=st.integers(1, 6))
    def time_passes(self, ticks):
        for _ in range(ticks):
            self.clock.advance(TICK)
            self.queue._scripts.extend("nobody", generation=0, lease_ms=1000)
        self.model.now += ticks * TICK

    @rule()
    def redrive(self):
        assert self.queue.redrive() == self.model.redrive()

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

    @invariant()
    def every_item_is_once_where_it_should_be(self):
        assert find_leaks(self.client) == []
        found = {
            READY: self.client.lrange("xcom:{orders}:ready", 0, -1),
            DELAYED: self.client.zrange("xcom:{orders}:delayed", 0, -1),
            CLAIMED: self.client.hvals("xcom:{orders}:claimed"),
            DEAD: self.client.hvals("xcom:{orders}:dead"),
        }
        for where, raws in found.items():
            assert sorted(map(number_in, raws)) == sorted(self.model.those(where)), where
        assert self.client.llen("xcom:{orders}:results:ready") == self.forwarded

    @invariant()
    def every_claim_is_the_models(self):
        claims = self.client.hgetall("xcom:{orders}:claims")
        generations = {k.decode(): json.loads(v)["generation"] for k, v in claims.items()}
        assert generations == {i: held.generation for i, held in self.model.live.items()}


def number_in(raw):
    value = json.loads(raw)
    while isinstance(value, dict):
        value = value["item"] if "item" in value else value["payload"]
    return value


@pytest.mark.timeout(3600 if LONG else 60)
def test_the_queue_is_where_the_model_says(either_client, clock):
    run_state_machine_as_test(
        lambda: QueueMachine(either_client, clock),
        settings=settings(
            max_examples=2000 if LONG else 150,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
            database=None,
        ),
    )
