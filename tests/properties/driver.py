"""A queue and its model side by side, and what a test may do with both."""

from __future__ import annotations

import json

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
    WAITING,
    Model,
    ModelClaim,
)
from lab.snapshot import snapshot
from redis_xcom import ClaimLost, Queue


class Driver:
    """Acts on the queue, tells the model, and compares what came of it."""

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
