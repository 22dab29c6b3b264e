"""Who has fallen silent: claims that are not renewed, long before their leases end."""

from __future__ import annotations

from datetime import timedelta

from redis_xcom import Queue, SilentClaim

QUIET = timedelta(seconds=30)
HOUR = timedelta(hours=1)


def ids(queue, **how):
    return [silent.claim_id for silent in queue.silent(QUIET, **how)]


def test_a_claim_that_nobody_renews_is_silent_long_before_its_lease_ends(queue, clock):
    queue.push_many(range(3))
    claim = queue.claim(3, claim_id="dag/run", incarnation="7", owner="me 'x'")
    clock.advance(29)
    assert queue.silent(QUIET) == []
    clock.advance(2)
    claim.ack(claim.items[0])
    assert queue.silent(QUIET) == [
        SilentClaim(
            "dag/run",
            "7",
            claim.generation,
            "me 'x'",
            held=2,
            silent_for=timedelta(seconds=31),
            lease=timedelta(minutes=1),
            held_for=timedelta(seconds=31),
        )
    ]
    claim.extend()
    assert queue.silent(QUIET) == []
    claim.ack()


def test_one_past_its_deadline_is_silent_however_short_its_lease(queue, clock):
    queue.push(1)
    queue.claim(claim_id="short", lease=timedelta(seconds=2))
    clock.advance(2)
    assert ids(queue) == ["short"]
    queue.claim(claim_id="short").ack()


def test_all_of_many_are_found_and_no_more_than_asked_for(queue, clock):
    """More than fit a page, the newest of them alive: 520 claims end before it, 30 after."""
    queue.push_many(range(551))
    for number in range(551):
        lease = HOUR if number < 521 else 2 * HOUR
        queue.claim(claim_id=f"task-{number}", lease=lease)
    clock.advance(31)
    queue.claim(claim_id="task-520", lease=HOUR)
    found = ids(queue, limit=1000)
    assert len(found) == 550
    assert "task-520" not in found
    assert found[-1] == "task-550"
    assert ids(queue, limit=3) == found[:3]
    for number in range(551):
        queue.claim(claim_id=f"task-{number}").ack()


def test_to_look_changes_nothing(queue, clock, snapshot):
    queue.push(1)
    claim = queue.claim(lease=HOUR)
    clock.advance(3600)
    before = snapshot()
    assert len(queue.silent(QUIET)) == 1
    assert snapshot() == before
    claim.ack()


def test_an_empty_queue_has_no_silent_claims(make_queue):
    assert make_queue("nothing").silent(QUIET) == []


def test_it_works_on_a_queue_with_a_tag(either_client, clock):
    tagged = Queue("orders", client=either_client, clock=clock, tag="shop")
    tagged.push(1)
    claim = tagged.claim(claim_id="me")
    clock.advance(31)
    assert ids(tagged) == ["me"]
    claim.ack()
