"""Of one ordering key one item at a time is handed out, and they go in their order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import BadArgument, ClaimLost, QueueFull

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def line(make_queue):
    """A queue where a1 is ready, a2 and a3 stand behind it, and b1 has another key."""
    queue = make_queue(max_deliveries=None)
    queue.push_many(["a1", "a2", "a3", "b1"], ordering_keys=["a", "a", "a", "b"])
    return queue


def keys_left(client, queue):
    return client.exists(queue.keys.part("turns"), queue.keys.part("waiting"))


def test_one_claim_has_one_item_of_a_key(line):
    assert line.claim(10).payloads == ["a1", "b1"]
    assert not line.claim(10)
    assert line.stats().waiting == 2


def test_the_next_goes_when_the_one_before_is_acked(line):
    first = line.claim(2)
    first.ack(first.items[0])
    second = line.claim(2)
    assert second.payloads == ["a2"]
    assert not line.claim(2)
    second.ack()
    assert line.claim(2).payloads == ["a3"]


def test_to_ack_twice_frees_one(line):
    first = line.claim()
    first.ack()
    line._scripts.settle(first.claim_id, generation=first.generation, action="ack", places=None)
    assert line.stats().waiting == 1


def test_an_item_tells_its_key(line):
    assert [item.ordering_key for item in line.claim(2).items] == ["a", "b"]
    line.push("none")
    assert line.claim().items[0].ordering_key == ""
    assert [item.ordering_key for item in line.peek()] == []


@pytest.mark.parametrize("by", [1, 2, 100])
def test_a_drain_works_each_key_in_order(make_queue, either_client, by):
    queue = make_queue()
    rows = [(f"k{n % 7}", n) for n in range(100)]
    queue.push_many(rows, ordering_keys=[key for key, _ in rows])
    seen = [tuple(item.payload) for item in queue.drain(by)]
    for key in {key for key, _ in rows}:
        assert [row for row in seen if row[0] == key] == [row for row in rows if row[0] == key]
    assert len(seen) == 100
    assert not keys_left(either_client, queue)


def test_a_step_on_to_an_item_without_a_key_lets_the_next_go(queue):
    queue.push_many(["a1", "plain", "a2"], ordering_keys=["a", None, "a"])
    assert [item.payload for item in queue.drain(1)] == ["a1", "plain", "a2"]


def test_another_key_goes_before_a_key_that_was_just_worked(make_queue):
    queue = make_queue()
    queue.push_many(["a1", "a2", "a3", "b1", "c1"], ordering_keys=list("aaabc"))
    assert [item.payload for item in queue.drain(1)] == ["a1", "b1", "c1", "a2", "a3"]


@pytest.mark.parametrize(
    "give_back",
    [
        lambda claim: claim.release(),
        lambda claim: claim.release(reason="failed"),
        lambda claim: claim.release(delay=SECOND),
    ],
)
def test_what_is_released_stays_before_the_others(line, expire, give_back):
    give_back(line.claim())
    expire(line, 1)
    assert sorted(line.claim(10).payloads) == ["a1", "b1"]


def test_what_comes_back_by_its_lease_stays_before_the_others(line, expire):
    line.claim(lease=SECOND)
    expire(line, 2)
    assert line.claim(10).payloads == ["a1", "b1"]


def test_a_takeover_keeps_the_turn(line):
    line.claim(claim_id="ti", incarnation="1")
    again = line.claim(10, claim_id="ti", incarnation="2")
    assert again.payloads == ["a1"]
    assert line.claim(10).payloads == ["b1"]
    again.ack()
    assert line.claim(10).payloads == ["a2"]


def test_a_hand_over_keeps_the_turn(line):
    first = line.claim()
    first.hand_over(claim_id="run", incarnation="1")
    assert line.claim(10).payloads == ["b1"]
    line.claim(claim_id="run", incarnation="1").ack()
    assert line.claim(10).payloads == ["a2"]


def test_the_next_goes_when_the_one_before_dies(line):
    line.claim().reject(reason="bad")
    assert sorted(line.claim(10).payloads) == ["a2", "b1"]
    line.purge(dead=True)


@pytest.mark.parametrize("end", ["release", "expire", "take over"])
def test_an_item_that_dies_of_its_deliveries_lets_the_next_go(make_queue, expire, end):
    queue = make_queue(max_deliveries=1)
    queue.push_many(["a1", "a2"], ordering_keys=["a", "a"])
    claim = queue.claim(claim_id="ti", incarnation="1", lease=SECOND)
    if end == "release":
        claim.release()
    elif end == "expire":
        expire(queue, 2)
    again = queue.claim(claim_id="ti", incarnation="2")
    assert again.payloads == ["a2"]
    again.ack()
    queue.purge(dead=True)


def test_a_redriven_item_goes_behind_the_others(line):
    line.claim().reject(reason="bad")
    line.redrive()
    assert line.stats().waiting == 2
    assert [item.payload for item in line.drain(1)] == ["b1", "a2", "a3", "a1"]


def test_a_redriven_item_goes_at_once_where_nobody_stands(line):
    line.claim(10).reject(reason="bad")
    assert [item.payload for item in line.drain()] == ["a2", "a3"]
    assert line.redrive() == 2
    assert sorted(item.payload for item in line.drain()) == ["a1", "b1"]


def test_a_purge_leaves_what_is_claimed_its_turn(line, either_client):
    claim = line.claim()
    assert line.purge() == 3
    line.push("a4", ordering_key="a")
    assert not line.claim()
    claim.ack()
    last = line.claim()
    assert last.payloads == ["a4"]
    last.ack()
    line.push_many(["a5", "a6"], ordering_keys=["a", "a"])
    line.purge()
    assert not keys_left(either_client, line)
    line.push("a7", ordering_key="a")
    assert line.claim().payloads == ["a7"]


def test_pushes_of_one_key_stand_in_line_wherever_they_come_from(line):
    line.push("a4", ordering_key="a", push_id="load")
    line.push("a4", ordering_key="a", push_id="load")
    line.push("a5", ordering_key="a", dedup_id="five")
    line.push_many(["a5", "a6"], ordering_keys=["a", "a"], dedup_ids=["five", "six"])
    assert [item.payload for item in line.drain(1)] == ["a1", "b1", "a2", "a3", "a4", "a5", "a6"]


def test_those_that_wait_count_for_max_length(line):
    with pytest.raises(QueueFull, match="4 items wait"):
        line.push("a4", ordering_key="a", max_length=4)
    line.push("a4", ordering_key="a", max_length=5)


def test_a_delay_contradicts_an_ordering_key(queue):
    with pytest.raises(BadArgument, match="delay and ordering_key"):
        queue.push(1, ordering_key="a", delay=SECOND)
    with pytest.raises(BadArgument, match="delay and ordering_key"):
        queue.push_many([1, 2], ordering_keys=[None, "a"], delay=SECOND)
    queue.push_many([1, 2], ordering_keys=[None, None], delay=SECOND)


@pytest.mark.parametrize("key", ["", 'a"', "a\\", "a\n", "a\0", "x" * 513, 7, "\ud800"])
def test_a_key_that_no_envelope_can_hold_is_refused(queue, key):
    with pytest.raises(BadArgument, match="ordering_key"):
        queue.push(1, ordering_key=key)


@pytest.mark.parametrize("keys", [["a"], "ab", []])
def test_there_must_be_a_key_or_none_for_each_payload(queue, keys):
    with pytest.raises(BadArgument, match="ordering_keys"):
        queue.push_many([1, 2], ordering_keys=keys)


@pytest.mark.parametrize("key", ["a", "ä€😀", "%d [x] (y", "a}b{c", "*"])
def test_keys_may_hold_any_text(queue, key):
    queue.push_many([1, 2], ordering_keys=[key, key])
    assert [(item.payload, item.ordering_key) for item in queue.drain()] == [(1, key), (2, key)]


def test_a_key_that_begins_like_another_is_another(queue):
    queue.push_many([1, 2, 3, 4], ordering_keys=["a", "a", "ab", "ab"])
    assert queue.claim(9).payloads == [1, 3]


def test_a_late_ack_moves_nobody_on(line, expire):
    late = line.claim(lease=SECOND)
    expire(line, 2)
    line.claim()
    with pytest.raises(ClaimLost):
        late.ack()
    assert line.claim(9).payloads == ["b1"]
    assert line.stats().waiting == 2
