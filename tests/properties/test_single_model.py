"""In whatever order consumers claim and release a single item, a small model says who has it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from redis_xcom import Superseded
from redis_xcom.errors import AlreadyClaimed
from redis_xcom.single import Single
from redis_xcom.single_scripts import SingleScripts

HOUR = timedelta(hours=1)
WHO = ("a", "b", "c")
TRIES = ("1", "2", "3")
STEPS = 60
RUNS = {"real": 50, "fake": 3}


class Model:
    """Who has it, said without a server: each answer is what a call returns or raises."""

    def __init__(self):
        self.offered = False
        self.holder = None
        self.known = {}
        self.given_back = {}

    def offer(self):
        self.offered = True

    def claim(self, who, number):
        if not self.offered:
            return None
        if number < self.known.get(who, ""):
            return "superseded"
        if self.holder and self.holder[0] != who:
            return f"taken by {self.holder[0]}"
        again = self.holder == (who, number)
        self.holder, self.known[who] = (who, number), number
        return "again" if again else "handed out"

    def release(self, who, number):
        if self.holder and self.holder[0] == who:
            if number < self.holder[1]:
                return False
            self.given_back[who], self.holder = self.holder[1], None
            return True
        return who in self.given_back and number >= self.given_back[who]


class Twin:
    """The same calls on a server; a generation that is handed out is greater than all before."""

    def __init__(self, single):
        self.single = single
        self.generation = 0

    def offer(self):
        self.single.offer({"a": "card"}, ttl=HOUR)

    def claim(self, who, number):
        try:
            claim = self.single.claim(who, incarnation=number)
        except Superseded:
            return "superseded"
        except AlreadyClaimed as error:
            return f"taken by {error.holder}"
        if claim is None:
            return None
        assert claim.payload == {"a": "card"}
        before, self.generation = self.generation, claim.generation
        assert claim.generation >= before
        assert claim.again or claim.generation > before
        return "again" if claim.generation == before else "handed out"

    def release(self, who, number):
        return self.single.release(who, incarnation=number)


def calls(dice):
    for _ in range(STEPS):
        who = (dice.choice(WHO), dice.choice(TRIES))
        yield dice.choices([("offer",), ("claim", *who), ("release", *who)], [1, 6, 3])[0]


@pytest.fixture
def runs(either_client):
    return RUNS["fake" if type(either_client).__module__.startswith("fakeredis") else "real"]


@pytest.mark.parametrize("sent", [1, 2], ids=["once", "twice"])
def test_it_is_where_a_small_model_says(either_client, runs, clock, seed, monkeypatch, sent):
    """Sent twice, as after a lost reply, each call is one all the same."""
    run = SingleScripts._run

    def again(*request):
        for _ in range(sent):
            reply = run(*request)
        return reply

    monkeypatch.setattr(SingleScripts, "_run", again)
    dice = random.Random(seed)
    for number in range(runs):
        model = Model()
        twin = Twin(Single(f"card-{number}", client=either_client, clock=clock))
        for step, (name, *how) in enumerate(calls(dice)):
            clock.advance(dice.choice([0, 0.1, 1000]))
            said, done = getattr(model, name)(*how), getattr(twin, name)(*how)
            assert done == said, f"seed {seed}, run {number}, step {step}: {name}{how}"
            holder = twin.single.holder()
            assert (holder and (holder.claim_id, holder.incarnation)) == model.holder
