"""Ack, release, reject: done, already done, or lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, ClaimLost

LEASE = timedelta(seconds=10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def claim(queue):
    queue.push_many([*"abcd"])
    return queue.claim(4, lease=LEASE, owner="me")


def test_an_acked_item_is_gone(queue, claim, either_client):
    claim.ack(*claim.items[:2])
    assert either_client.hlen("xcom:{orders}:claimed") == 2
    assert claim.held == 2
    claim.ack()
    assert (claim.held, queue.stats().total, queue.stats().acked) == (0, 0, 4)


def test_to_ack_again_does_nothing(queue, claim):
    claim.ack(claim.items[0])
    claim.ack(claim.items[0])
    claim.ack()
    claim.ack()
    claim.ack(*claim.items)
    assert queue.stats().acked == 4


def test_an_item_named_twice_is_settled_once(queue, claim):
    a, b, c, d = claim.items
    claim.ack(a, a)
    claim.release(b, b)
    claim.reject(c, c, reason="no")
    assert claim.held == 1
    assert queue.stats().claimed == 1
    claim.ack(d)
    assert [item.payload for item in queue.peek()] == ["b"]
    assert (queue.stats().acked, queue.stats().dead) == (2, 1)
    queue.purge()


def test_released_items_go_back_to_the_front_in_their_order(queue, claim):
    queue.push("e")
    claim.release(claim.items[1])
    claim.release(claim.items[2], claim.items[3])
    claim.release()
    with queue.claim(9) as again:
        assert again.payloads == ["a", "c", "d", "b", "e"]
        assert [i.deliveries for i in again.items] == [2, 2, 2, 2, 1]
        assert [i.failures for i in again.items] == [0] * 5


def test_failed_items_go_behind_the_others_in_their_order(queue, claim):
    queue.push("e")
    claim.release(*claim.items[:2], reason="oops")
    claim.release(failed=True)
    with queue.claim(9) as again:
        assert again.payloads == ["e", "a", "b", "c", "d"]
        assert [i.failures for i in again.items] == [0, 1, 1, 1, 1]


def test_a_reason_alone_need_not_be_a_failure(queue, claim):
    claim.release(reason="shutting down", failed=False)
    assert [item.failures for item in queue.peek()] == [0] * 4
    queue.purge()


def test_delayed_items_come_back_when_due(queue, claim, clock):
    claim.release(delay=MINUTE)
    assert (queue.stats().delayed, queue.stats().ready) == (4, 0)
    clock.advance(59)
    assert not queue.claim()
    clock.advance(1)
    with queue.claim(9) as again:
        assert sorted(again.payloads) == ["a", "b", "c", "d"]


def test_two_items_of_the_same_bytes_are_two_when_delayed(queue, clock, either_client):
    twin = b'{"xcom":"twin","payload":1}'
    either_client.rpush("xcom:{orders}:ready", twin, twin, twin)
    claim = queue.claim(3)
    claim.release(delay=MINUTE)
    assert queue.stats().delayed == 3
    clock.advance(60)
    with queue.claim(9) as again:
        assert again.payloads == [1, 1, 1]
        assert len({item.id for item in again.items}) == 3


@pytest.mark.parametrize("delay", [timedelta(seconds=-1), 5, timedelta(days=400)])
def test_a_delay_is_a_span_of_time(queue, claim, delay):
    with pytest.raises(BadArgument, match="delay is"):
        claim.release(delay=delay)
    assert claim.held == 4
    claim.ack()


def test_rejected_items_are_dead_with_reason_and_owner(queue, claim, clock):
    claim.reject(claim.items[2], reason='no "such" customer\n')
    claim.ack()
    (dead,) = queue.dead()
    assert (dead.item.payload, dead.id) == ("c", dead.item.id)
    assert dead.reason == 'no "such" customer\n'
    assert dead.owner == "me"
    assert dead.died_at.timestamp() == clock.us / 1_000_000
    assert dead.item.deliveries == 1
    assert queue.stats().rejected == queue.stats().died == 1


def test_a_reason_is_cut_to_a_bearable_length(queue, claim):
    claim.reject(reason="x" * 10_000)
    assert {len(letter.reason) for letter in queue.dead()} == {500}


def test_what_was_settled_one_way_is_not_settled_another(claim, snapshot):
    a, b, c, d = claim.items
    claim.ack(a)
    claim.release(b)
    claim.reject(c, reason="no")
    before = snapshot()
    for item, how in ((b, claim.ack), (c, claim.ack), (a, claim.release), (b, reject(claim))):
        with pytest.raises(BadArgument, match="is too late"):
            how(item)
    assert snapshot() == before
    claim.ack(d)


def reject(claim):
    return lambda item: claim.reject(item, reason="no")


def test_the_server_knows_too_what_was_settled_another_way(queue, snapshot):
    """Two objects of one claim, as a retry in the same process has them."""
    queue.push_many([*"ab"])
    one, two = queue.claim(2, claim_id="me"), queue.claim(2, claim_id="me")
    one.release(one.items[0])
    before = snapshot()
    for settle in (two.ack, reject(two)):
        with pytest.raises(ClaimLost):
            settle(two.items[0])
    assert snapshot() == before
    queue.claim(1, claim_id="me").ack()
    assert [item.payload for item in queue.peek()] == ["a"]
    queue.purge()


def test_settling_is_refused_whole_when_a_part_of_it_is_lost(queue, snapshot):
    queue.push_many([1, 2, 3])
    one, two = queue.claim(3, claim_id="me"), queue.claim(3, claim_id="me")
    one.release(one.items[0])
    before = snapshot()
    with pytest.raises(ClaimLost):
        two.ack(*two.items)
    assert snapshot() == before
    one.ack()
    queue.purge()


def test_items_of_another_claim_are_refused(queue, claim):
    queue.push("e")
    other = queue.claim()
    with pytest.raises(BadArgument, match="is not of this claim"):
        claim.ack(other.items[0])
    other.ack()
    claim.ack()


def test_a_claim_that_expired_is_lost(queue, claim, expire, snapshot):
    expire(queue, 10)
    assert queue.stats().expired == 4
    before = snapshot()
    for act in (claim.ack, claim.release, claim.extend, lambda: claim.reject(reason="no")):
        with pytest.raises(ClaimLost):
            act()
    assert snapshot() == before
    assert claim.lost
    with pytest.raises(ClaimLost):
        claim.check()
    queue.purge()


def test_a_claim_that_was_acked_in_part_and_then_expired_is_lost(queue, claim, expire):
    claim.ack(claim.items[0])
    expire(queue, 10)
    with pytest.raises(ClaimLost):
        claim.ack()
    with queue.claim(9) as again:
        assert again.payloads == ["b", "c", "d"]


def test_a_claim_past_its_deadline_that_nobody_reaped_is_still_held(queue, claim, clock):
    clock.advance(3600)
    claim.extend()
    assert not queue.claim()
    claim.ack()
    assert queue.stats().expired == 0


def test_a_claim_can_be_renewed_for_another_length(queue, claim, expire):
    claim.extend(timedelta(seconds=100))
    assert claim.lease_seconds == 100
    expire(queue, 10)
    claim.ack()


@pytest.mark.parametrize("lease", [timedelta(milliseconds=10), 5])
def test_a_lease_is_never_renewed_for_less_than_a_second(claim, lease):
    with pytest.raises(BadArgument, match="lease is"):
        claim.extend(lease)
    assert claim.lease_seconds == 10
    claim.ack()


def test_a_lost_reply_to_settling_is_no_loss(queue, monkeypatch):
    run = queue._scripts._run
    monkeypatch.setattr(queue._scripts, "_run", lambda *a: [run(*a), run(*a)][1])
    queue.push_many([*"abcdef"])
    claim = queue.claim(6)
    a, b, c, *rest = claim.items
    claim.ack(a)
    claim.release(b, delay=MINUTE)
    claim.reject(c, reason="no")
    claim.release(rest[0])
    claim.ack()
    stats = queue.stats()
    assert (stats.acked, stats.delayed, stats.dead, stats.ready) == (3, 1, 1, 1)
    assert (stats.released, stats.rejected) == (2, 1)
    queue.purge()
