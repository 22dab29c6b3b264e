"""Anonymous claims share a small pool of claim ids, never at one time."""

from __future__ import annotations

import os
import threading

import pytest

from redis_xcom import ClaimLost, Queue
from redis_xcom.claimant import Claimants


def test_a_settled_claims_id_is_used_again(queue, either_client):
    queue.push_many(range(20))
    ids = set()
    for _ in range(20):
        with queue.claim() as claim:
            ids.add(claim.claim_id)
    assert len(ids) == 1
    assert either_client.hlen("xcom:{orders}:recent") <= 2


def test_live_claims_never_share_an_id(queue):
    queue.push_many(range(12))
    live = [queue.claim() for _ in range(4)]
    for how in ("ack", "release", "ack", "ack"):
        getattr(live.pop(0), how)()
        live += [queue.claim(), queue.claim()]
        assert len({claim.claim_id for claim in live}) == len(live)
        assert len({claim.items[0].id for claim in live}) == len(live)
    for claim in live:
        claim.ack()


def test_an_id_is_free_only_when_its_last_item_is_settled(queue):
    queue.push_many(range(5))
    claim = queue.claim(3)
    ids = {claim.claim_id}
    for settle in (claim.ack, claim.release):
        settle(claim.items[0] if settle == claim.ack else claim.items[1])
        other = queue.claim()
        ids.add(other.claim_id)
        assert other.claim_id != claim.claim_id
        other.ack()
    claim.ack()
    assert len(ids) == 2
    queue.purge()


def test_a_claim_used_after_settlement_does_not_touch_its_ids_next_claim(queue):
    queue.push_many(range(4))
    old = queue.claim(2)
    old.ack()
    new = queue.claim(2)
    assert new.claim_id == old.claim_id
    old.ack()
    old.release()
    old.ack(*old.items)
    with pytest.raises(ClaimLost):
        old.extend()
    assert not old.renew()
    late = queue._scripts.settle(
        old.claim_id, generation=old.generation, action="release", places=None
    )
    assert (late.done, late.already, late.lost) == (0, 0, 2)
    assert queue.stats().claimed == 2
    new.ack()


def test_a_lost_claims_id_is_not_used_again(queue, expire):
    queue.push(1)
    lost = queue.claim()
    expire(queue, 61)
    with pytest.raises(ClaimLost):
        lost.ack()
    with queue.claim() as claim:
        assert claim.payloads == [1]
        assert claim.claim_id != lost.claim_id


def test_an_id_of_the_callers_own_never_enters_the_pool(queue):
    queue.push_many(range(2))
    with queue.claim(claim_id="mine"):
        pass
    with queue.claim() as claim:
        assert claim.claim_id != "mine"


def test_threads_never_share_an_id(server, client):
    queue, held, shared = Queue("orders", url=server.url), set(), []
    queue.push_many(range(300))
    guard = threading.Lock()

    def work():
        while claim := queue.claim():
            with guard:
                shared.extend({claim.claim_id} & held)
                held.add(claim.claim_id)
            with guard:
                held.discard(claim.claim_id)
            claim.ack()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared == []
    assert queue.stats().acked == 300
    queue.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_has_ids_of_its_own():
    claimants = Claimants()
    mine = claimants.acquire()
    claimants.give_back(mine)
    child = os.fork()
    if child == 0:
        theirs = claimants.acquire()
        claimants.give_back(mine)
        os._exit(int(theirs.claim_id == mine.claim_id or claimants.acquire() is mine))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert claimants.acquire() is mine


def test_ids_of_two_queues_in_one_process_differ(make_queue):
    for queue in (one := make_queue(), two := make_queue()):
        queue.push(1)
    first, second = one.claim(), two.claim()
    assert first.claim_id != second.claim_id
    first.ack()
    second.ack()
