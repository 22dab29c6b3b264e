"""The promises of the README, one test each, by public names only.

Time is told to the scripts where a promise is about hours; everything else is real.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from redis_xcom import BadPayload, ClaimLost, QueueFull, Superseded

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def held_by(queue, claim_id, incarnation=None, limit=10, lease=SECOND * 60):
    return queue.claim(limit, claim_id=claim_id, incarnation=incarnation, lease=lease)


def test_an_item_has_at_most_one_live_claimant(make_queue):
    orders = make_queue()
    orders.push_many(range(200))

    def consume(_):
        queue, seen = make_queue(), []
        while claim := queue.claim(3):
            seen += claim.payloads
        return seen

    with ThreadPoolExecutor(8) as pool:
        claimed = [payload for seen in pool.map(consume, range(8)) for payload in seen]
    assert sorted(claimed) == list(range(200))
    assert orders.stats().claimed == 200


def test_an_item_is_gone_only_when_it_is_acked(orders):
    orders.push_many(["a", "b", "c"])
    claim = orders.claim(3)
    assert orders.stats().total == 3
    claim.ack(claim.items[0])
    assert orders.stats().total == 2
    claim.release(claim.items[1])
    claim.reject(claim.items[2], reason="not wanted")
    assert orders.stats().total == 2


CLAIM_AND_HANG = """
import sys, time
from datetime import timedelta
from redis_xcom import Queue
with Queue("orders", url=sys.argv[1]).claim(2, lease=timedelta(seconds=1)) as claim:
    print(len(claim), flush=True)
    sys.stdin.read()
"""


def test_the_items_of_a_killed_claimant_come_back(orders, server):
    orders.push_many(["a", "b"])
    command = [sys.executable, "-c", CLAIM_AND_HANG, server.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"2\n"
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
    claim = orders.claim(2, wait=SECOND * 10)
    assert claim.payloads == ["a", "b"]
    assert [item.deliveries for item in claim] == [2, 2]
    assert [item.failures for item in claim] == [0, 0]


def test_the_same_claimant_gets_the_same_items_again(orders):
    orders.push_many(["a", "b", "c"])
    first = held_by(orders, "daily/task", limit=2)
    again = held_by(orders, "daily/task", limit=2)
    assert again.payloads == first.payloads == ["a", "b"]
    assert again.generation == first.generation
    assert [item.deliveries for item in again] == [1, 1]


def test_a_newer_try_takes_the_items_over_and_the_older_one_can_change_nothing(orders):
    orders.push_many(["a", "b"])
    older = held_by(orders, "daily/task", "1")
    newer = held_by(orders, "daily/task", "2")
    assert newer.payloads == older.payloads
    assert newer.generation > older.generation
    before = orders.stats()
    for act in (older.ack, older.release, older.extend, lambda: older.reject(reason="x")):
        with pytest.raises(ClaimLost):
            act()
    with pytest.raises(Superseded):
        held_by(orders, "daily/task", "1")
    assert orders.stats() == before
    newer.ack()
    assert orders.stats().total == 0


def test_a_claimant_that_lost_its_lease_can_change_nothing(make_queue, clock):
    orders = make_queue(clock=clock)
    orders.push("a")
    first = orders.claim(lease=SECOND * 10)
    clock.advance(4)
    orders.stats()
    assert not orders.claim()
    clock.advance(4)
    assert not orders.claim()
    clock.advance(4)
    second = orders.claim()
    assert second.payloads == ["a"]
    for act in (first.ack, first.release, first.extend, lambda: first.reject(reason="x")):
        with pytest.raises(ClaimLost):
            act()
    second.ack()
    assert orders.stats().acked == 1


def test_a_running_owner_keeps_its_lease(orders, eventually):
    orders.push("a")
    with orders.claim(lease=SECOND) as claim:
        assert not orders.claim(wait=SECOND * 2.5)
        assert not claim.lost
    assert orders.stats().acked == 1


def test_the_generation_grows_with_every_hand_over(orders, client):
    orders.push("a")
    generations = []
    for _ in range(3):
        claim = orders.claim()
        generations.append(claim.generation)
        claim.release()
    client.flushall()
    orders.push("a")
    generations.append(orders.claim().generation)
    assert generations == sorted(set(generations))


def test_a_repeated_push_adds_nothing(make_queue):
    rows = [{"row": number} for number in range(2500)]
    assert make_queue().push_many(rows, push_id="load/1").pushed == 2500
    repeat = make_queue().push_many(rows, push_id="load/1")
    assert (repeat.pushed, repeat.repeated) == (0, 2500)
    assert make_queue().stats().ready == 2500


def test_a_push_that_is_refused_adds_nothing(orders):
    orders.push_many(range(5))
    with pytest.raises(QueueFull):
        orders.push_many(range(6), max_length=10)
    with pytest.raises(BadPayload, match=r"payloads\[1\]\.at is a set"):
        orders.push_many([{"at": 1}, {"at": {1}}])
    assert orders.stats().ready == 5


def test_a_full_server_still_lets_its_queue_be_worked_off(orders, client):
    orders.push_many(range(200))
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(QueueFull):
            orders.push("one more")
        with orders.claim(50) as claim:
            claim.extend()
        assert len(list(orders.drain(50))) == 150
    finally:
        client.config_set("maxmemory", "0")
    assert orders.stats().total == 0


def test_a_bad_item_hurts_no_neighbour(orders, client):
    ready = "xcom:{orders}:ready"
    client.rpush(ready, '"good"', "{not json", b"\xff\xfe", "NaN", "[" * 100_000, '"better"')
    assert orders.claim(6).payloads == ["good", "better"]
    assert orders.stats().dead == 4


def test_what_dies_keeps_its_reason_and_its_last_owner(orders):
    orders.push({"order": 7})
    claim = orders.claim(owner="shop.process run-1")
    claim.reject(*claim.items, reason="no such customer")
    (letter,) = orders.dead()
    assert (letter.reason, letter.owner) == ("no such customer", "shop.process run-1")
    assert letter.item.payload == {"order": 7}
    assert orders.redrive() == 1
    assert orders.claim().payloads == [{"order": 7}]


def test_a_step_acks_forwards_results_and_claims_the_next_or_does_none_of_it(make_queue, clock):
    orders, invoices = make_queue(clock=clock), make_queue("invoices", clock=clock, tag="orders")
    orders.push_many([1, 2, 3])
    drain = orders.drain(1, lease=SECOND * 10, forward_to=invoices)
    steps = iter(drain)
    drain.forward({"of": next(steps).payload})
    drain.forward({"of": next(steps).payload})
    assert [item.payload for item in invoices.peek()] == [{"of": 1}]
    assert (orders.stats().acked, orders.stats().claimed) == (1, 1)
    taken = []
    for _ in range(4):
        clock.advance(4)
        taken += orders.claim(2).payloads
    assert taken == [3, 2]
    with pytest.raises(ClaimLost):
        next(steps)
    assert [item.payload for item in invoices.peek()] == [{"of": 1}]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_jump_of_the_servers_clock_steals_no_lease(make_queue, clock, jump):
    orders = make_queue(clock=clock)
    orders.push("a")
    claim = orders.claim(lease=SECOND * 30)
    clock.advance(jump.total_seconds())
    for _ in range(20):
        assert not orders.claim()
        claim.extend()
        clock.advance(6)
    claim.ack()
    assert orders.stats().acked == 1


def test_a_dead_owners_items_come_within_a_third_of_a_lease_however_long_nobody_looked(
    make_queue, clock
):
    orders = make_queue(clock=clock)
    orders.push("a")
    orders.claim(lease=SECOND * 30)
    clock.advance(3 * 3600)
    empty = orders.claim()
    assert not empty
    assert empty.retry_after == SECOND * 10
    clock.advance(10)
    assert orders.claim().payloads == ["a"]


@pytest.mark.parametrize("payload", ["7", '"text"', "null", "[1, 2]", '{"order": 7}'])
def test_anything_that_can_push_json_is_a_producer(orders, client, payload):
    client.rpush("xcom:{orders}:ready", payload)
    with orders.claim() as claim:
        assert len(claim) == 1
    assert orders.stats().acked == 1


def test_items_of_one_ordering_key_are_claimed_one_at_a_time_in_order(orders):
    orders.push_many(["a1", "a2", "b1"], ordering_keys=["a", "a", "b"])
    orders.push("a3", ordering_key="a")
    first = orders.claim(5)
    assert first.payloads == ["a1", "b1"]
    first.release(reason="failed")
    assert sorted(orders.claim(5, claim_id="x").payloads) == ["a1", "b1"]
    assert not orders.claim(5)
    orders.claim(0, claim_id="x").ack()
    assert [item.payload for item in orders.drain()] == ["a2", "a3"]


def test_no_more_is_claimed_than_the_queues_bound_allows(orders):
    orders.push_many(range(9))
    orders.limit(max_claimed=3)
    first, second, third = orders.claim(2), orders.claim(2), orders.claim(2)
    assert (len(first), len(second), len(third)) == (2, 1, 0)
    first.ack()
    assert len(orders.claim(9)) == 2


def test_waiting_takes_nothing(orders, client):
    with ThreadPoolExecutor(2) as pool:
        waits = [pool.submit(orders.wait, SECOND * 20) for _ in range(2)]
        client.rpush("xcom:{orders}:ready", "1", "2")
        assert all(wait.result() for wait in waits)
    assert client.lrange("xcom:{orders}:ready", 0, -1) == [b"1", b"2"]


def test_a_paused_queue_hands_out_nothing_and_loses_nothing(orders):
    orders.push("a")
    held = orders.claim()
    orders.push("b")
    orders.pause()
    assert not orders.claim()
    assert orders.stats().paused
    held.ack()
    orders.push("c")
    orders.resume()
    assert orders.claim(5).payloads == ["b", "c"]


def test_a_restarted_server_has_what_it_acknowledged(make_server):
    """With `everysec` a slow disk may cost the last two seconds."""
    from redis_xcom import Queue

    server = make_server(settings={"appendfsync": "always"})
    orders = Queue("orders", url=server.url)
    orders.push_many(["a", "b", "c"])
    claim = orders.claim()
    orders.claim().ack()
    server.kill()
    server.start()
    claim.ack()
    assert orders.claim(5).payloads == ["c"]
    assert orders.stats().acked == 2
    orders.close()
