"""Claiming: who gets what, and what a repeated request gets."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from redis_xcom import BadArgument, ServerUnavailable

LEASE = timedelta(seconds=30)


def test_a_claim_takes_the_oldest_items_up_to_its_limit(queue):
    queue.push_many(range(5))
    first, second, none = queue.claim(3), queue.claim(3), queue.claim(3)
    assert (first.payloads, second.payloads, none.payloads) == ([0, 1, 2], [3, 4], [])
    assert (len(first), bool(first), bool(none)) == (3, True, False)
    assert [item.payload for item in first] == [0, 1, 2]
    first.ack()
    second.ack()


def test_an_empty_claim_leaves_nothing_behind(queue, either_client):
    with queue.claim(claim_id="me") as claim:
        assert claim.payloads == []
        assert claim.retry_after is None
        claim.ack()
        claim.release()
    assert either_client.keys("*") == [b"xcom:{orders}:state"]


def test_the_record_says_who_holds_what(queue, either_client, clock):
    queue.push_many([*"ab"])
    claim = queue.claim(2, claim_id="dag.task", incarnation="try-1", owner="dag.task on host:1")
    record = json.loads(either_client.hget("xcom:{orders}:claims", "dag.task"))
    assert record["owner"] == claim.owner == "dag.task on host:1"
    assert record["incarnation"] == claim.incarnation == "try-1"
    assert record["generation"] == claim.generation
    assert (record["count"], record["held"], record["since"]) == (2, 2, clock.us // 1000)
    assert either_client.hkeys("xcom:{orders}:claimed") == [b"dag.task/1", b"dag.task/2"]
    assert "dag.task of orders: 2 items" in repr(claim)
    claim.ack()


def test_an_owner_may_have_any_name(queue, either_client):
    queue.push(1)
    with queue.claim(owner="Zoë's 'box', 机器: {x}"):
        (record,) = either_client.hvals("xcom:{orders}:claims")
        assert json.loads(record)["owner"] == "Zoë's 'box', 机器: {x}"


def test_the_same_claim_id_gets_the_same_items_again(make_queue):
    queue = make_queue()
    queue.push_many(range(4))
    first = queue.claim(2, claim_id="me")
    again = make_queue().claim(4, claim_id="me")
    assert again.payloads == first.payloads == [0, 1]
    assert again.generation == first.generation
    assert [item.deliveries for item in again.items] == [1, 1]
    assert not again.taken_over
    again.ack()
    first.ack()
    assert queue.stats().ready == 2


def test_a_replay_renews_the_lease(queue, clock):
    queue.push(1)
    queue.claim(claim_id="me", lease=LEASE)
    clock.advance(0)
    for _ in range(4):
        clock.advance(20)
        queue.stats()
        assert queue.claim(claim_id="me", lease=LEASE).payloads == [1]
        assert not queue.claim(claim_id="you", lease=LEASE)
    queue.claim(claim_id="me").ack()


def test_a_replay_renews_it_for_the_length_it_asks_for(queue, expire):
    """Its heartbeats come at a fifth of that: a shorter lease would run out before the first."""
    queue.push(1)
    queue.claim(claim_id="me", lease=timedelta(seconds=2))
    again = queue.claim(claim_id="me", lease=timedelta(seconds=30))
    expire(queue, 6)
    again.ack()


def test_what_was_acked_alone_stays_acked_in_a_replay(queue):
    queue.push_many(range(4))
    claim = queue.claim(4, claim_id="me")
    claim.ack(claim.items[1])
    claim.release(claim.items[3], delay=timedelta(hours=1))
    again = queue.claim(4, claim_id="me")
    assert again.payloads == [0, 2]
    again.ack(again.items[1])
    assert queue.claim(4, claim_id="me").payloads == [0]
    claim.ack(claim.items[0])
    assert not queue.claim(4, claim_id="me")


def test_a_settled_claim_id_claims_anew(queue):
    queue.push_many(range(2))
    generations = []
    for n in range(2):
        with queue.claim(claim_id="me", incarnation="1") as claim:
            assert claim.payloads == [n]
            generations.append(claim.generation)
    assert generations[1] > generations[0]


@pytest.mark.spoils_keys
def test_an_item_that_someone_deleted_hurts_no_neighbour(queue, either_client, caplog):
    queue.push_many(range(3))
    claim = queue.claim(3, claim_id="me")
    either_client.hdel("xcom:{orders}:claimed", "me/2")
    again = queue.claim(3, claim_id="me")
    assert again.payloads == [0, 2]
    assert "its bytes are gone from the server" in caplog.text
    again.ack()
    claim.ack(claim.items[0])
    assert queue.stats().claims == 0


def test_different_claim_ids_never_share(queue):
    queue.push_many(range(6))
    claims = [queue.claim(2, claim_id=f"slot/{n}") for n in range(3)]
    assert [claim.payloads for claim in claims] == [[0, 1], [2, 3], [4, 5]]
    for claim in claims:
        claim.ack()


def test_claim_ids_that_look_like_each_other_keep_apart(queue):
    queue.push_many(range(12))
    claims = [queue.claim(3, claim_id=i) for i in ("a", "a/1", "a/1/1", "%d+")]
    claims[1].ack()
    assert claims[0].payloads == queue.claim(claim_id="a").payloads
    claims[2].release()
    for claim in (claims[0], claims[3], queue.claim(3)):
        claim.ack()
    assert queue.stats().total == 0


def test_a_request_whose_answer_was_lost_gets_the_same_answer(queue, monkeypatch):
    run = queue._scripts._run
    monkeypatch.setattr(queue._scripts, "_run", lambda *a: [run(*a), run(*a)][1])
    queue.push_many(range(4))
    with queue.claim(2) as claim:
        assert [(i.payload, i.deliveries, i.failures) for i in claim] == [(0, 1, 0), (1, 1, 0)]
    stats = queue.stats()
    assert (stats.ready, stats.acked, stats.delivered) == (2, 2, 2)
    queue.purge()


@pytest.mark.parametrize("limit", [0, -1, 4097, 1.0, True, "1", None])
def test_a_limit_is_a_whole_number_within_bounds(queue, limit):
    with pytest.raises(BadArgument, match="limit is"):
        queue.claim(limit)


def test_the_largest_claim_can_be_settled_in_every_way(queue):
    queue.push_many(range(4096))
    claim = queue.claim(4096)
    claim.release(*claim.items[:1000])
    claim.reject(*claim.items[1000:2000], reason="no")
    claim.ack(*claim.items[2000:3000])
    claim.ack()
    stats = queue.stats()
    assert (stats.ready, stats.dead, stats.acked) == (1000, 1000, 2096)
    queue.purge(dead=True)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"lease": timedelta(milliseconds=999)}, "lease is"),
        ({"lease": 30}, "give a timedelta"),
        ({"lease": timedelta(days=400)}, "lease is"),
        ({"wait": 3}, "wait is"),
        ({"wait": timedelta(seconds=-1)}, "wait is"),
        ({"incarnation": "1"}, "incarnation needs a claim_id"),
        ({"claim_id": 'a"b'}, "claim_id"),
        ({"claim_id": ""}, "claim_id"),
        ({"claim_id": "a", "incarnation": "a\nb"}, "incarnation"),
        ({"owner": ""}, "owner"),
    ],
)
def test_terms_that_cannot_be_meant_so_are_refused(queue, how, words):
    queue.push(1)
    with pytest.raises(BadArgument, match=words):
        queue.claim(**how)
    assert queue.stats().ready == 1


def test_a_late_copy_of_an_old_request_takes_nothing(queue):
    """A request that hung in the network while its sender went on must not claim for it."""
    queue.push_many(range(3))
    requests, run = [], queue._scripts._run
    queue._scripts._run = lambda *a: [requests.append(a), run(*a)][1]
    for _ in range(2):
        with queue.claim():
            pass
    late = next(request for request in requests if request[0] == "claim")
    assert run(*late)[0] == b"lost"
    assert (queue.stats().ready, queue.stats().claimed) == (1, 0)


def test_an_anonymous_claimant_is_not_stuck_on_what_it_does_not_know(
    queue, either_client, monkeypatch
):
    """Every reply to the settling that ended its claim was lost: another claim id goes on."""
    either_client.rpush("xcom:{orders}:ready", "not json")
    settle = queue._scripts.settle

    def cut(*args, **how):
        settle(*args, **how)
        raise ServerUnavailable("cut")

    monkeypatch.setattr(queue._scripts, "settle", cut)
    with pytest.raises(ServerUnavailable):
        queue.claim()
    monkeypatch.undo()
    queue.push(2)
    with queue.claim() as claim:
        assert claim.payloads == [2]
