"""A queue and its model side by side, and what a test may do with both."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest

from lab.history.entry import item_in_line
from lab.history.judge import Judge
from lab.history.recording import read_history
from lab.leaks import find_leaks
from lab.model import (
    CLAIMED,
    DEAD,
    DELAYED,
    MAX_DELIVERIES,
    READY,
    UNTOLD,
    WAITING,
    Model,
    ModelClaim,
)
from lab.snapshot import snapshot
from redis_xcom import ClaimHeld, ClaimLost, Queue, Superseded


class Driver:
    """Acts on the queue, tells the model, and compares what came of it."""

    def __init__(self, client, clock):
        super().__init__()
        client.flushall()
        self.client, self.clock, self.model = client, clock, Model()
        self.queue = Queue("orders", client=client, clock=clock, max_deliveries=MAX_DELIVERIES)
        self.results = Queue("results", tag="orders", client=client, clock=clock)
        self.handles, self.numbers, self.forwarded, self.requests = [], 0, 0, []
        self.handed = []
        self._remember_requests()

    def _remember_requests(self):
        run = self.queue._scripts._run

        def remembered(name, *rest):
            reply = run(name, *rest)
            repeatable = {"push", "settle", "extend", "hand_over"}
            refused = name == "hand_over" and reply[0] != b"handed"
            if name in repeatable and not refused and rest[0][0] != "nobody":
                self.requests.append((name, *rest))
            return reply

        self.queue._scripts._run = remembered
        self.send_again = lambda request: run(*request)

    def new_numbers(self, count, delay=0, key=""):
        made = [self.numbers + n for n in range(count)]
        self.numbers += count
        for number in made:
            self.model.add(number, delay, key)
        return made

    def took(self, claim, limit, lease):
        free = min(self.model.room(), len(self.model.those(READY)))
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

    def is_live(self, claim):
        held = self.model.live.get(claim.claim_id)
        return held is not None and held.generation == claim.generation

    def pick(self, at, handles=None):
        """A claim object, live or stale, with what it believes to hold and what the model says."""
        handles = handles or self.handles
        claim = handles[-1 - at % len(handles)]
        believed = [item for item in claim.items if claim.holds(item)]
        held = self.model.live[claim.claim_id] if self.is_live(claim) else None
        return claim, believed, held

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

    def give(self, handle, places, who):
        """A hand-over, or one that is repeated, by the same try or by another."""
        origin, span = (handle.generation, " ".join(map(str, places))), who["lease"]
        act = partial(handle.hand_over, *places, **who | {"lease": timedelta(seconds=span)})
        to, incarnation = who["claim_id"], who["incarnation"]
        if past := self.model.made_from(origin, to):
            return self.gave_before(past, act, to, incarnation, span)
        source = self.model.live.get(handle.claim_id)
        holds = source is not None and source.generation == handle.generation
        held = {p: i.payload for p, i in handle.items().items()} if holds else {}
        numbers = [held[place] for place in places or held if place in held]
        if why := self.model.why_not(to, incarnation):
            return self.refused(act, ClaimHeld if why == "held" else Superseded)
        if not numbers or len(numbers) < len(places):
            return self.refused(act)
        generation, deadline = act(), self.model.now + span
        made = (to, incarnation, generation, span, deadline, numbers, source.takeovers, origin)
        self.model.hand_over(source, ModelClaim(*made))
        self.handed.append((handle, places, to))
        return generation

    def gave_before(self, past, act, to, incarnation, span):
        live = self.model.live.get(to)
        newer = live and live.generation == past.generation and incarnation > past.incarnation
        taken = newer and self.model.take_over(live, incarnation, span)
        generation = act()
        if taken:
            self.model.fenced_on(live, generation)
        elif incarnation < past.incarnation:
            assert generation == past.first
        elif past.generation != UNTOLD:
            assert generation == past.generation

    def refused(self, act, error=ClaimLost):
        before = snapshot(self.client)
        with pytest.raises(error):
            act()
        assert snapshot(self.client) == before

    def every_item_is_once_where_it_should_be(self):
        assert find_leaks(self.client) == []
        found = {
            READY: self.client.lrange("xcom:{orders}:ready", 0, -1),
            DELAYED: self.client.zrange("xcom:{orders}:delayed", 0, -1),
            CLAIMED: self.client.hvals("xcom:{orders}:claimed"),
            WAITING: map(item_in_line, self.client.zrange("xcom:{orders}:waiting", 0, -1)),
            DEAD: self.client.hvals("xcom:{orders}:dead"),
        }
        for where, raws in found.items():
            assert sorted(map(number_in, raws)) == sorted(self.model.those(where)), where
        assert self.client.llen("xcom:{orders}:results:ready") == self.forwarded

    def its_history_breaks_no_rule(self):
        judge = Judge().read(read_history(self.client, "orders"))
        assert judge.settle_account(self.client, all_done=False).violations == []

    def every_claim_is_the_models(self):
        claims = self.client.hgetall("xcom:{orders}:claims")
        generations = {k.decode(): json.loads(v)["generation"] for k, v in claims.items()}
        assert generations == {i: held.generation for i, held in self.model.live.items()}


def number_in(raw):
    value = json.loads(raw)
    while isinstance(value, dict):
        value = value["item"] if "item" in value else value["payload"]
    return value
