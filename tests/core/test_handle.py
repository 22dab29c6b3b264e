"""A claim known by its id and generation settles anywhere, under the same fence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, ClaimLost

MINUTE = timedelta(minutes=1)


@pytest.fixture
def claim(queue):
    queue.push_many([*"abc"])
    yield queue.claim(3, claim_id="a task")
    queue.purge(dead=True)


@pytest.fixture
def handle(queue, claim):
    return queue.handle(claim.claim_id, claim.generation)


def test_it_names_items_by_their_places(claim, handle):
    assert [claim.place_of(item) for item in claim.items] == [1, 2, 3]
    assert {place: item.payload for place, item in handle.items().items()} == {
        1: "a",
        2: "b",
        3: "c",
    }
    assert list(handle.items(2, 7)) == [2]
    assert handle.items(3)[3] == claim.items[2]
    claim.ack()


def test_places_stay_when_others_are_settled(queue, claim, handle):
    claim.ack(claim.items[0])
    assert list(handle.items()) == [2, 3]
    again = queue.claim(claim_id="a task", incarnation="2")
    assert [again.place_of(item) for item in again.items] == [2, 3]
    again.ack()


def test_it_settles_items_one_by_one(queue, handle):
    handle.ack(1)
    handle.release(2, reason="oops")
    handle.reject(3, reason="no")
    assert handle.items() == {}
    stats = queue.stats()
    assert (stats.acked, stats.ready, stats.dead, stats.claims) == (1, 1, 1, 0)
    assert queue.peek()[0].failures == 1
    assert queue.dead()[0].reason == "no"


def test_it_settles_all_that_is_held(queue, handle):
    handle.ack(2)
    handle.release(delay=MINUTE)
    assert (queue.stats().acked, queue.stats().delayed) == (1, 2)


def test_to_settle_again_does_nothing(handle, snapshot):
    handle.ack(1)
    handle.release(2, 3)
    before = snapshot()
    handle.ack(1)
    handle.release(3, 2)
    assert snapshot() == before


def test_that_nothing_is_left_is_no_loss(queue, handle, snapshot):
    """Whoever settles the rest of a claim need not know what became of the others."""
    handle.release(1, 2)
    queue.handle("to", handle.hand_over(3, claim_id="to", lease=MINUTE)).ack()
    before = snapshot()
    handle.ack()
    handle.release()
    assert snapshot() == before


def test_what_is_left_was_lost_where_the_lease_ran_out(queue, handle, expire):
    handle.ack(1)
    expire(queue, 61)
    with pytest.raises(ClaimLost):
        handle.ack()


@pytest.mark.parametrize(
    "act",
    [
        lambda handle: handle.ack(1),
        lambda handle: handle.release(),
        lambda handle: handle.reject(2, reason="no"),
        lambda handle: handle.extend(MINUTE),
        lambda handle: handle.hand_over(claim_id="other", lease=MINUTE),
    ],
)
def test_it_is_fenced(queue, claim, handle, snapshot, act):
    newer = queue.claim(claim_id="a task", incarnation="2")
    before = snapshot()
    with pytest.raises(ClaimLost) as lost:
        act(handle)
    told = lost.value
    assert (told.queue, told.claim_id, told.generation) == ("orders", "a task", claim.generation)
    assert snapshot() == before
    assert handle.items() == {}
    newer.ack()


def test_it_extends_the_lease(queue, claim, handle, clock, expire):
    clock.advance(50)
    handle.extend(timedelta(minutes=5))
    expire(queue, 120)
    claim.ack()


def test_a_place_that_never_was_is_not_held(handle, snapshot):
    before = snapshot()
    with pytest.raises(ClaimLost):
        handle.ack(4)
    with pytest.raises(ClaimLost):
        handle.release(1, 4)
    for place in (0, -1, "1", True):
        with pytest.raises(BadArgument, match="place"):
            handle.ack(place)
    assert snapshot() == before
    handle.ack()


def test_only_an_item_of_the_claim_has_a_place(queue, claim):
    queue.push("d")
    with queue.claim() as other, pytest.raises(BadArgument, match="not of this claim"):
        claim.place_of(other.items[0])
    claim.ack()


@pytest.mark.parametrize(("claim_id", "generation"), [("", 1), ('a"b', 1), ("a", 0), ("a", "1")])
def test_a_handle_that_cannot_be_is_refused(queue, claim_id, generation):
    with pytest.raises(BadArgument):
        queue.handle(claim_id, generation)


def test_making_one_and_looking_changes_nothing(queue, snapshot):
    before = snapshot()
    assert queue.handle("nobody", 7).items() == {}
    assert snapshot() == before
