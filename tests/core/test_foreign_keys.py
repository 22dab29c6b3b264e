"""Items with ordering keys that others have pushed get in line when a claim comes by them."""

from __future__ import annotations

import pytest


@pytest.fixture
def line(make_queue):
    """A queue where a1 is ready, a2 and a3 stand behind it, and b1 has another key."""
    queue = make_queue(max_deliveries=None)
    queue.push_many(["a1", "a2", "a3", "b1"], ordering_keys=["a", "a", "a", "b"])
    return queue


def push_foreign(client, queue, *values):
    items = [b'{"xcom":"%b","key":"%b","payload":"%b"}' % (v, v[:1], v) for v in values]
    client.rpush(queue.keys.part("ready"), *items)


def keys_left(client, queue):
    return client.exists(queue.keys.part("turns"), queue.keys.part("waiting"))


def test_what_others_push_stands_in_line_when_a_claim_comes_by(line, either_client):
    push_foreign(either_client, line, b"a4", b"c1", b"c2", b"c3")
    claim = line.claim(10)
    assert claim.payloads == ["a1", "b1", "c1"]
    claim.ack()
    assert [item.payload for item in line.drain()] == ["a2", "c2", "a3", "c3", "a4"]
    assert not keys_left(either_client, line)


@pytest.mark.parametrize("by", [1, 3])
def test_what_others_push_meets_a_drain_under_way(queue, either_client, by):
    queue.push_many(range(4))
    seen = []
    for claim in queue.drain(by).batches():
        if not seen:
            push_foreign(either_client, queue, b"a1", b"a2", b"b1", b"a3")
        keys = [item.ordering_key for item in claim.items if item.ordering_key]
        assert len(set(keys)) == len(keys)
        assert queue.stats().claimed == len(claim)
        seen += claim.payloads
    assert seen[:4] == [0, 1, 2, 3]
    assert [s for s in seen[4:] if s[0] == "a"] == ["a1", "a2", "a3"]
    assert len(seen) == 8


def test_two_items_of_one_id_move_the_line_once(queue, either_client):
    push_foreign(either_client, queue, b"a1", b"a1")
    twins = queue.claim(2)
    queue.push_many(["a2", "a3"], ordering_keys=["a", "a"])
    twins.ack(twins.items[0])
    twins.ack(twins.items[1])
    assert [claim.payloads for claim in queue.drain(9).batches()] == [["a2"], ["a3"]]


def test_thousands_behind_one_that_is_claimed_hide_nothing(queue, either_client):
    queue.push("a0", ordering_key="a")
    held = queue.claim()
    push_foreign(either_client, queue, *[b"a%d" % n for n in range(1, 2501)])
    queue.push("the last")
    assert queue.claim(7).payloads == ["the last"]
    assert queue.stats().waiting == 2500
    held.release()
    queue.purge()


def test_a_step_hides_nothing_either(queue, either_client):
    queue.push("a0", ordering_key="a")
    queue.claim(claim_id="other")
    queue.push("first")
    seen = []
    for item in queue.drain(5):
        seen.append(item.payload)
        if item.payload == "first":
            push_foreign(either_client, queue, *[b"a%d" % n for n in range(1, 2501)])
            queue.push("the last")
    assert seen == ["first", "the last"]
    assert queue.stats().acked == 2
    queue.claim(claim_id="other").release()
    queue.purge()


def test_results_may_have_keys_too(queue, make_queue):
    results = make_queue("results", tag="orders")
    queue.push_many(range(4))
    drain = queue.drain(4, forward_to=results)
    for item in drain:
        drain.forward(f"r{item.payload}", ordering_key="k" if item.payload else None)
    first = results.claim(9)
    assert (first.payloads, results.stats().waiting) == (["r0", "r1"], 2)
    first.ack()
    assert [item.payload for item in results.drain()] == ["r2", "r3"]
