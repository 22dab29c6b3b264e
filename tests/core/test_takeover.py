"""A newer incarnation takes the items over and fences the older one off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import ClaimLost, Superseded

OLD, NEW = "0199-aa", "0199-ab"


@pytest.fixture
def two_tries(queue):
    """The claims of an old try and of the new one that took over its three items."""
    queue.push_many([*"abc"])
    old = queue.claim(3, claim_id="ti", incarnation=OLD, owner="worker 1")
    return old, queue.claim(3, claim_id="ti", incarnation=NEW, owner="worker 2")


def test_the_newer_try_gets_the_very_same_items(queue, two_tries):
    old, new = two_tries
    assert new.payloads == old.payloads
    assert [i.id for i in new.items] == [i.id for i in old.items]
    assert new.taken_over
    assert not old.taken_over
    assert new.generation > old.generation
    assert [i.deliveries for i in new.items] == [2, 2, 2]
    assert [i.failures for i in new.items] == [0, 0, 0]
    new.ack()
    assert queue.stats().total == 0


@pytest.mark.parametrize(
    "act",
    [
        lambda claim: claim.ack(),
        lambda claim: claim.ack(claim.items[0]),
        lambda claim: claim.release(),
        lambda claim: claim.reject(reason="no"),
        lambda claim: claim.extend(),
    ],
)
def test_the_older_try_is_fenced_off(two_tries, snapshot, act):
    old, new = two_tries
    before = snapshot()
    with pytest.raises(ClaimLost) as lost:
        act(old)
    assert (lost.value.queue, lost.value.claim_id) == ("orders", "ti")
    assert lost.value.generation == old.generation
    assert snapshot() == before
    new.ack()


def test_the_older_try_stays_fenced_after_the_newer_has_acked(two_tries, snapshot):
    old, new = two_tries
    new.ack()
    before = snapshot()
    with pytest.raises(ClaimLost):
        old.ack()
    assert snapshot() == before


def test_an_older_try_that_asks_again_is_told_to_end(queue, two_tries, snapshot):
    _, new = two_tries
    before = snapshot()
    with pytest.raises(Superseded, match="worker 2") as told:
        queue.claim(claim_id="ti", incarnation=OLD)
    assert told.value.generation == new.generation
    assert snapshot() == before
    new.ack()
    with pytest.raises(Superseded):
        queue.claim(claim_id="ti", incarnation=OLD)


def test_incarnations_compare_byte_by_byte(queue):
    queue.push(1)
    for incarnation in ("", "1", "10", "2", "a", "é"):
        claim = queue.claim(claim_id="ti", incarnation=incarnation)
        assert claim.payloads == [1]
    for incarnation in ("", "1", "10", "2", "a", "B"):
        with pytest.raises(Superseded):
            queue.claim(claim_id="ti", incarnation=incarnation)
    claim.ack()


def test_every_takeover_is_a_delivery(queue):
    queue.push(1)
    for n in range(1, 5):
        claim = queue.claim(claim_id="ti", incarnation=str(n))
        assert claim.items[0].deliveries == n
        assert queue.claim(claim_id="ti", incarnation=str(n)).items[0].deliveries == n
    claim.release()
    assert queue.peek()[0].deliveries == 4
    assert queue.stats().delivered == 4
    queue.purge()


def test_what_the_older_try_acked_does_not_come_again(queue):
    queue.push_many([*"abc"])
    old = queue.claim(3, claim_id="ti", incarnation=OLD)
    old.ack(old.items[0])
    old.release(old.items[2])
    new = queue.claim(3, claim_id="ti", incarnation=NEW)
    assert new.payloads == ["b"]
    new.ack()
    with queue.claim() as claim:
        assert claim.payloads == ["c"]


def test_a_takeover_brings_a_lease_of_its_own(queue, clock):
    queue.push(1)
    queue.claim(claim_id="ti", incarnation=OLD, lease=timedelta(seconds=1000))
    new = queue.claim(claim_id="ti", incarnation=NEW, lease=timedelta(seconds=2))
    for _ in range(4):
        clock.advance(0.4)
        assert not queue.claim(claim_id="other")
    clock.advance(0.4)
    with queue.claim() as other:
        assert other.payloads == [1]
    with pytest.raises(ClaimLost):
        new.ack()


def test_items_that_were_taken_over_too_often_die(make_queue, either_client):
    queue = make_queue(max_deliveries=2)
    queue.push("poison")
    queue.claim(claim_id="ti", incarnation="1", owner="worker 1")
    queue.claim(claim_id="ti", incarnation="2", owner="worker 2")
    queue.push("fresh")
    third = queue.claim(2, claim_id="ti", incarnation="3", owner="worker 3")
    assert third.payloads == ["fresh"]
    assert not third.taken_over
    third.ack()
    (dead,) = queue.dead()
    assert dead.item.payload == "poison"
    assert dead.reason == "delivered 2 times; last: taken over"
    assert dead.owner == "worker 2"


def test_a_takeover_takes_what_may_still_be_delivered(make_queue):
    queue = make_queue(max_deliveries=3)
    queue.push("old")
    with pytest.raises(RuntimeError), queue.claim():
        raise RuntimeError
    queue.push("new")
    for n in range(2):
        both = queue.claim(2, claim_id="ti", incarnation=f"{n}")
        assert both.payloads == ["old", "new"]
    last = queue.claim(2, claim_id="ti", incarnation="2")
    assert last.payloads == ["new"]
    assert last.items[0].deliveries == 3
    last.ack()
    assert [letter.item.payload for letter in queue.dead()] == ["old"]


def test_an_older_try_is_not_told_acked_when_all_it_held_has_died(make_queue):
    """It had acked a part before; what was left of its claim died in the takeover."""
    queue = make_queue(max_deliveries=1)
    queue.push_many([*"ab"])
    old = queue.claim(2, claim_id="ti", incarnation=OLD, owner="worker 1")
    old.ack(old.items[0])
    assert not queue.claim(claim_id="ti", incarnation=NEW, owner="worker 2")
    with pytest.raises(ClaimLost):
        old.ack()
    with pytest.raises(Superseded, match="worker 2"):
        queue.claim(claim_id="ti", incarnation=OLD)
    (letter,) = queue.dead()
    assert (letter.item.payload, letter.owner) == ("b", "worker 1")
    queue.purge(dead=True)


def test_a_limit_of_none_takes_over_what_is_held_and_nothing_new(queue):
    queue.push_many(["a", "b"])
    queue.claim(1, claim_id="task", incarnation="1")
    found = queue.claim(0, claim_id="task", incarnation="2")
    assert (found.payloads, found.taken_over) == (["a"], True)
    found.ack()
    assert not queue.claim(0, claim_id="task", incarnation="3")
    assert queue.stats().ready == 1
