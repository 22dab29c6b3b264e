"""`with queue.claim(…)`: leaving acks, an exception releases."""

from __future__ import annotations

import logging

import pytest

from redis_xcom import ClaimLost, ServerUnavailable


def fail(claim, payload, error=None):
    with claim:
        for item in claim:
            if item.payload == payload:
                raise error or RuntimeError("boom")


def waiting(queue):
    return [(item.payload, item.failures) for item in queue.peek()]


def test_leaving_the_block_acks_what_is_still_held(queue):
    queue.push_many(range(3))
    with queue.claim(3) as claim:
        claim.release(claim.items[1])
    assert waiting(queue) == [(1, 0)]
    assert queue.stats().acked == 2
    queue.purge()


def test_an_exception_blames_the_item_in_hand_alone(queue):
    queue.push_many(range(4))
    with pytest.raises(RuntimeError, match="boom"):
        fail(queue.claim(4), 1)
    assert waiting(queue) == [(0, 0), (2, 0), (3, 0), (1, 1)]
    queue.purge()


def test_an_exception_outside_the_loop_blames_them_all(queue):
    queue.push_many(range(2))
    with pytest.raises(ValueError, match="bad"), queue.claim(2):
        raise ValueError("bad")
    assert waiting(queue) == [(0, 1), (1, 1)]
    queue.purge()


def test_an_exception_after_the_loop_blames_them_all(queue):
    queue.push_many(range(2))
    with pytest.raises(ValueError, match="bad"), queue.claim(2) as claim:
        assert [item.payload for item in claim] == [0, 1]
        raise ValueError("bad")
    assert waiting(queue) == [(0, 1), (1, 1)]
    queue.purge()


def test_an_item_settled_before_the_exception_is_not_blamed(queue):
    queue.push_many(range(2))
    with pytest.raises(ValueError, match="bad"), queue.claim(2) as claim:
        for item in claim:
            claim.ack(item)
            raise ValueError("bad")
    assert waiting(queue) == [(1, 1)]
    queue.purge()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_being_told_to_stop_is_no_failure(queue, error):
    queue.push_many(range(2))
    with pytest.raises(type(error)):
        fail(queue.claim(2), 0, error)
    assert waiting(queue) == [(0, 0), (1, 0)]
    queue.purge()


def test_the_last_failure_is_told_by_the_dead_letter(make_queue):
    queue = make_queue(max_deliveries=2)
    queue.push("poison")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail(queue.claim(), "poison")
    (dead,) = queue.dead()
    assert dead.reason == "delivered 2 times; last: RuntimeError: boom"
    assert (dead.item.failures, dead.item.deliveries) == (2, 2)


def test_iterating_skips_what_was_settled_meanwhile(queue):
    queue.push_many(range(4))
    with queue.claim(4) as claim:
        seen = []
        for item in claim:
            seen.append(item.payload)
            if item.payload == 0:
                claim.reject(claim.items[2], reason="no")
        assert seen == [0, 1, 3]
        assert [item.payload for item in claim] == [0, 1, 3]


def test_a_claim_may_be_settled_before_its_block_ends(queue):
    queue.push_many(range(2))
    with queue.claim(2) as claim:
        claim.ack()
        assert list(claim) == []
    assert queue.stats().acked == 2


def test_leaving_the_block_after_the_lease_was_lost_raises(queue, expire):
    queue.push(1)
    with pytest.raises(ClaimLost), queue.claim():
        expire(queue, 61)
    assert waiting(queue) == [(1, 0)]
    queue.purge()


def test_the_error_under_way_goes_before_the_loss(queue, expire, caplog):
    queue.push(1)
    with pytest.raises(RuntimeError, match="boom"), queue.claim():
        expire(queue, 61)
        raise RuntimeError("boom")
    assert waiting(queue) == [(1, 0)]
    assert "was not released" in caplog.text
    queue.purge()


def test_a_server_that_went_away_does_not_hide_the_error(queue, monkeypatch, caplog):
    queue.push(1)
    with pytest.raises(RuntimeError, match="boom"), queue.claim(claim_id="me"):
        monkeypatch.setattr(queue._scripts, "settle", down)
        raise RuntimeError("boom")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    monkeypatch.undo()
    queue.claim(claim_id="me").ack()


def down(*_, **__):
    raise ServerUnavailable("down")


def test_payloads_are_in_no_log(queue, caplog):
    caplog.set_level(logging.DEBUG)
    queue.push_many(["secret", "secret"])
    with pytest.raises(RuntimeError):
        fail(queue.claim(2), "secret")
    list(queue.drain())
    assert "secret" not in caplog.text
