"""When a silent claimant loses its items, and when it is only in doubt."""

from __future__ import annotations

from datetime import timedelta

import pytest

LEASE = timedelta(seconds=60)


def poll_often(queue, clock, seconds):
    """Others ask for items all the time, so that nothing looks like a silence."""
    got = []
    for _ in range(int(seconds / 0.4)):
        clock.advance(0.4)
        if claim := queue.claim(lease=timedelta(hours=1)):
            got.append(claim)
    return got


def test_a_dead_owners_items_come_back_when_its_lease_has_run_out(queue, clock):
    queue.push(1)
    queue.claim(lease=LEASE)
    assert poll_often(queue, clock, 59.6) == []
    (claim,) = poll_often(queue, clock, 0.8)
    assert claim.payloads == [1]
    claim.ack()


@pytest.mark.parametrize("jump", [3600, 86_400])
def test_after_a_silence_an_owner_is_in_doubt_for_a_third_of_its_lease(queue, clock, jump):
    queue.push(1)
    owner = queue.claim(lease=LEASE)
    clock.advance(jump)
    doubtful = queue.claim()
    assert not doubtful
    assert doubtful.retry_after == doubtful.in_doubt == LEASE / 3
    assert poll_often(queue, clock, 19) == []
    owner.extend()
    assert poll_often(queue, clock, 40) == []
    owner.ack()


def test_an_owner_that_is_not_heard_after_a_silence_loses_its_items(queue, clock):
    queue.push(1)
    owner = queue.claim(lease=LEASE)
    clock.advance(3 * 3600)
    assert not queue.claim()
    (claim,) = poll_often(queue, clock, 20.4)
    assert claim.payloads == [1]
    assert claim.generation > owner.generation
    claim.ack()


@pytest.mark.parametrize("back", [3600, 86_400])
def test_a_clock_that_goes_back_freezes_nobodys_items(queue, clock, back):
    queue.push(1)
    queue.claim(lease=LEASE)
    assert poll_often(queue, clock, 30) == []
    clock.advance(-back)
    (claim,) = poll_often(queue, clock, 31)
    assert claim.payloads == [1]
    claim.ack()


def test_a_clock_that_goes_back_delays_nothing_for_longer(queue, clock):
    queue.push("later", delay=LEASE)
    clock.advance(-3600)
    assert poll_often(queue, clock, 59) == []
    (claim,) = poll_often(queue, clock, 2)
    assert claim.payloads == ["later"]
    claim.ack()


def test_a_claim_by_the_owner_itself_never_frees_its_own_items(queue, clock):
    queue.push_many(range(2))
    claim = queue.claim(claim_id="me", lease=LEASE)
    poll = queue._scripts.extend
    for _ in range(200):
        clock.advance(0.4)
        poll("nobody", generation=0, lease_ms=1000)
    again = queue.claim(claim_id="me", lease=LEASE)
    assert (again.payloads, again.generation) == ([0], claim.generation)
    again.ack()
    queue.purge()
