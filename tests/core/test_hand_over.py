"""A claim hands items over to another claim id: one step, and never two that could settle them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, ClaimHeld, ClaimLost, Superseded

MINUTE = timedelta(minutes=1)
OLD, NEW = "0199-aa", "0199-ab"


@pytest.fixture
def claim(queue):
    queue.push_many([*"abcd"])
    made = queue.claim(4, claim_id="from", owner="worker 1")
    yield made
    queue.purge(dead=True)


def give(claim, *items, **who):
    return claim.hand_over(*items, **{"claim_id": "to", "incarnation": OLD} | who)


def test_the_other_claim_has_the_items_and_alone_may_settle_them(queue, claim, snapshot):
    generation = give(claim, *claim.items[1:3])
    assert generation > claim.generation
    other = queue.handle("to", generation)
    assert {p: i.payload for p, i in other.items().items()} == {1: "b", 2: "c"}
    assert {p: i.payload for p, i in claim.handle.items().items()} == {1: "a", 4: "d"}
    before = snapshot()
    for late in (claim.handle.ack, claim.handle.release):
        with pytest.raises(ClaimLost, match="2 of its items are not held by it"):
            late(2, 3)
    assert snapshot() == before
    other.ack()
    claim.ack()
    assert queue.stats().acked == 4


def test_what_is_handed_over_is_settled_no_more_through_the_claim(queue, claim):
    generation = give(claim, claim.items[0])
    assert not claim.holds(claim.items[0])
    assert claim.held == 3
    with pytest.raises(BadArgument, match="ack after hand_over is too late"):
        claim.ack(claim.items[0])
    claim.ack()
    assert queue.handle("to", generation).items()[1].payload == "a"
    queue.handle("to", generation).ack()


def test_a_claim_handed_over_whole_has_ended(queue, claim):
    with claim:
        generation = give(claim)
    assert queue.stats().claims == 1
    assert len(queue.handle("to", generation).items()) == 4
    with pytest.raises(BadArgument, match="holds nothing that could be handed over"):
        give(claim)
    with pytest.raises(ClaimLost):
        claim.handle.ack(1)
    queue.handle("to", generation).release()


def test_the_other_claim_id_claims_what_it_was_handed(queue, claim):
    generation = give(claim, *claim.items[:2])
    same = queue.claim(9, claim_id="to", incarnation=OLD)
    assert (same.payloads, same.generation, same.taken_over) == (["a", "b"], generation, False)
    newer = queue.claim(9, claim_id="to", incarnation=NEW)
    assert (newer.payloads, newer.taken_over) == (["a", "b"], True)
    newer.ack()
    claim.ack()


def test_a_hand_over_is_no_delivery(queue, claim):
    claim = queue.claim(claim_id="from", incarnation="2")
    generation = give(claim)
    handle = queue.handle("to", generation)
    assert [item.deliveries for item in handle.items().values()] == [2, 2, 2, 2]
    further = handle.hand_over(claim_id="third", lease=MINUTE)
    queue.handle("third", further).release()
    assert [item.deliveries for item in queue.peek()] == [2, 2, 2, 2]
    assert queue.stats().delivered == 8


def test_nobody_dies_of_being_handed_over(make_queue):
    queue = make_queue(max_deliveries=1)
    queue.push("a")
    generation = give(queue.claim())
    queue.handle("to", generation).ack()
    assert queue.stats().acked == 1


def test_the_same_hand_over_once_more_changes_nothing(queue, claim, snapshot):
    handle, who = claim.handle, {"claim_id": "to", "incarnation": OLD, "lease": MINUTE}
    generation = handle.hand_over(3, 1, **who)
    before = snapshot()
    assert handle.hand_over(1, 3, 1, **who) == generation
    assert snapshot() == before
    taken = queue.claim(claim_id="to", incarnation=NEW)
    before = snapshot()
    assert handle.hand_over(1, 3, **who) == generation
    assert snapshot() == before
    taken.ack()
    before = snapshot()
    assert handle.hand_over(1, 3, **who) == generation
    assert snapshot() == before
    claim.ack()


def test_the_older_try_that_repeats_it_is_not_told_how_to_settle(queue, claim):
    """Else a zombie would act under the generation of the try that took its items over."""
    generation = give(claim)
    taken = queue.claim(claim_id="to", incarnation=NEW)
    zombie = queue.handle(
        "to", claim.handle.hand_over(claim_id="to", incarnation=OLD, lease=MINUTE)
    )
    assert zombie.generation == generation
    assert zombie.items() == {}
    with pytest.raises(ClaimLost):
        zombie.ack()
    taken.ack()


def test_a_newer_try_that_repeats_it_takes_the_items_over(queue, claim):
    first = queue.handle("to", give(claim, *claim.items[:2]))
    first.ack(1)
    again = {"claim_id": "to", "incarnation": NEW, "lease": MINUTE}
    second = queue.handle("to", claim.handle.hand_over(1, 2, **again))
    assert second.generation > first.generation
    assert [(i.payload, i.deliveries) for i in second.items().values()] == [("b", 2)]
    with pytest.raises(ClaimLost):
        first.ack()
    second.ack()
    assert claim.handle.hand_over(1, 2, **again) == second.generation
    claim.ack()


def test_what_dies_of_a_takeover_is_not_in_the_newer_try_s_hands(make_queue, snapshot):
    queue = make_queue(max_deliveries=1)
    queue.push("a")
    claim = queue.claim(claim_id="from")
    give(claim)
    again = {"claim_id": "to", "incarnation": NEW, "lease": MINUTE}
    handle = queue.handle("to", claim.handle.hand_over(**again))
    before = snapshot()
    assert claim.handle.hand_over(**again) == handle.generation
    assert handle.items() == {}
    with pytest.raises(ClaimLost):
        handle.ack(1)
    assert snapshot() == before
    assert queue.stats().dead == 1
    queue.purge(dead=True)


def test_a_claim_id_that_holds_something_else_is_handed_nothing(queue, claim, snapshot):
    queue.push("e")
    other = queue.claim(claim_id="to")
    before = snapshot()
    with pytest.raises(ClaimHeld, match=f"holds others under generation {other.generation}"):
        give(claim)
    assert snapshot() == before
    other.ack()
    give(claim, claim.items[0])
    with pytest.raises(ClaimHeld):
        give(claim, claim.items[1])
    assert claim.held == 3
    claim.ack()
    queue.claim(claim_id="to", incarnation=OLD).ack()


def test_a_hand_over_for_an_outdated_try_is_refused(queue, claim, snapshot):
    queue.push("e")
    queue.claim(claim_id="to", incarnation=NEW).ack()
    before = snapshot()
    with pytest.raises(Superseded):
        give(claim)
    assert snapshot() == before
    claim.ack()


@pytest.mark.parametrize("why", ["taken over", "acked", "elsewhere", "never there"])
def test_what_is_not_held_is_not_handed_over(queue, claim, snapshot, why):
    places = (1, 2)
    if why == "taken over":
        queue.claim(claim_id="from", incarnation="2")
    elif why == "acked":
        claim.handle.ack(2)
    elif why == "elsewhere":
        claim.handle.hand_over(2, claim_id="third", lease=MINUTE)
    else:
        places = (1, 5)
    before = snapshot()
    with pytest.raises(ClaimLost, match="not all of what was to be handed over is held by it"):
        claim.handle.hand_over(*places, claim_id="to", lease=MINUTE)
    assert snapshot() == before


def test_a_claim_that_lost_its_items_is_told_so_by_a_hand_over(queue, claim):
    queue.claim(claim_id="from", incarnation="2")
    with pytest.raises(ClaimLost):
        give(claim)
    assert claim.lost


def test_the_lease_of_the_new_claim_is_its_own(queue, claim, expire):
    generation = give(claim, *claim.items[:2], lease=timedelta(seconds=10), owner="a child")
    expire(queue, 11)
    with pytest.raises(ClaimLost):
        queue.handle("to", generation).ack()
    assert [item.payload for item in queue.peek()] == ["a", "b"]
    claim.extend()
    claim.ack()


def test_a_claim_is_not_handed_over_to_itself(claim, snapshot):
    before = snapshot()
    with pytest.raises(BadArgument, match="is the one that holds the items"):
        give(claim, claim_id="from")
    with pytest.raises(BadArgument):
        give(claim, claim_id='a "quote"')
    for wrong in ({"lease": timedelta(0)}, {"incarnation": 0}, {"incarnation": []}, {"owner": ""}):
        with pytest.raises(BadArgument):
            give(claim, **wrong)
    assert snapshot() == before
    claim.ack()


def test_a_paused_queue_lets_claims_be_handed_over(queue, claim):
    queue.pause()
    queue.handle("to", give(claim)).ack()
    assert queue.stats().acked == 4


def test_a_large_claim_goes_over_whole(queue):
    queue.push_many(range(4096))
    claim = queue.claim(4096)
    handle = queue.handle("to", give(claim))
    assert [item.payload for item in handle.items().values()] == list(range(4096))
    handle.ack()


def test_an_item_that_goes_over_keeps_its_turn(queue):
    queue.push_many([*"ab"], ordering_keys=["k", "k"])
    queue.limit(max_claimed=1)
    handle = queue.handle("to", give(queue.claim()))
    assert not queue.claim()
    queue.limit(max_claimed=None)
    assert not queue.claim()
    handle.ack()
    assert queue.claim().payloads == ["b"]
    queue._client.flushall()
