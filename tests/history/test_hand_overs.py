"""The judge lets a holder hand items over, and nobody else, in no other way."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from redis_xcom import ClaimError

LEASE = timedelta(seconds=1)
ORDERS = [{"n": number} for number in range(4)]


def claim(queue, incarnation="1"):
    return queue.claim(4, claim_id="a", incarnation=incarnation, lease=LEASE)


def give(claim, *items, incarnation="1", claim_id="b"):
    return claim.hand_over(*items, claim_id=claim_id, incarnation=incarnation)


def again(claim, *places, incarnation):
    return claim.handle.hand_over(*places, claim_id="b", incarnation=incarnation, lease=LEASE)


def test_honest_hand_overs_break_no_rule(witnessed, judged, expire):
    queues = witnessed()
    queues.done.push_many(ORDERS)
    claim(queues.done)
    second = claim(queues.done, "2")
    give(second, *second.items[1:3])
    taken = queues.done.handle("b", again(second, 2, 3, incarnation="2"))
    further = queues.done.handle("c", taken.hand_over(1, claim_id="c", lease=LEASE))
    second.release(reason="not here")
    further.extend(LEASE)
    taken.ack()
    expire(queues.done, 2)
    with claim(queues.done, "3") as last:
        assert sorted(item.deliveries for item in last.items) == [3, 3, 4]
    verdict = judged(queues)
    assert verdict.violations == []
    assert verdict.book.events == Counter(
        {"pushed": 4, "claimed": 7, "taken over": 6, "handed over": 3}
        | {"released": 2, "renewed": 1, "expired": 1, "acked": 4}
    )


def test_what_is_spent_dies_when_a_newer_try_repeats_the_hand_over(witnessed, judged):
    queues = witnessed(max_deliveries=1)
    queues.done.push(ORDERS[0])
    first = claim(queues.done)
    give(first)
    again(first, incarnation="2")
    verdict = judged(queues)
    assert verdict.violations == []
    assert verdict.book.events["died at a takeover"] == 1
    queues.done.purge(dead=True)


PLANTED = {
    "the generation is not compared": (
        ("record and record.generation == mine and", "record and", "hand_over.lua"),
        lambda queue: (first := claim(queue), claim(queue, "2"), give(first)),
        "handed over by a, which does not hold it",
    ),
    "no new generation": (
        ("next_generation()\n  move(", "generation = mine\n  move(", "hand_over.lua"),
        lambda queue: give(claim(queue)),
        "generation",
    ),
    "the source is not told": (
        ("mark(source, record, places, 't')", "", "hand_over.lua"),
        lambda queue: (first := claim(queue), give(first, first.items[0])),
        "holds 4 and has 3 items",
    ),
    "the items stay with the source, too": (
        ("call('HDEL', CLAIMED, unpack(fields(source, places)))", "", "hand_over.lua"),
        lambda queue: (first := claim(queue), give(first, first.items[0])),
        "is in 2 places",
    ),
    "takeovers are forgotten": (
        ("takeovers = record.takeovers", "takeovers = 0", "hand_over.lua"),
        lambda queue: (claim(queue), give(claim(queue, "2"))),
        "0 takeovers, not 1",
    ),
    "a takeover keeps the generation": (
        (
            "record.generation, record.incarnation, record.owner = next_generation(), incarnation,",
            "record.incarnation, record.owner = incarnation,",
            "lib/past.lua",
        ),
        lambda queue: (first := claim(queue), give(first), again(first, incarnation="2")),
        "changed hands without a new generation",
    ),
    "an older try takes over": (
        (
            "elseif live and older(known.incarnation, incarnation) then",
            "elseif live then",
            "hand_over.lua",
        ),
        lambda queue: (first := claim(queue), give(first), again(first, incarnation="1")),
        "were handed out again to b'1'",
    ),
    "what was elsewhere is overwritten": (
        (
            "elseif live then\n    return { 'held'",
            "elseif false then\n    return { 'held'",
            "hand_over.lua",
        ),
        lambda queue: (
            first := claim(queue),
            give(first, first.items[0]),
            give(first, first.items[1]),
        ),
        "is gone without an ack",
    ),
}


@pytest.mark.spoils_keys
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(witnessed, judged, fault):
    change, act, words = PLANTED[fault]
    queues = witnessed(*change)
    queues.done.push_many(ORDERS)
    with suppress(ClaimError):
        act(queues.done)
    verdict = judged(queues, all_done=False)
    assert any(words in violation for violation in verdict.violations), verdict.violations
