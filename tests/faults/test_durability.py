"""Replicas that have to confirm: a call is done when they have it, and says when they have not."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from redis.crc import key_slot

from lab.below import cluster as clusters
from lab.below.cluster import Cluster
from lab.below.pair import Pair
from lab.freezing import freeze, thaw
from redis_xcom import BadArgument, NotReplicated, Queue, Replicated, ServerUnavailable
from redis_xcom import retry as retries

SOON = Replicated(timeout=timedelta(milliseconds=20))
PATIENT = Replicated(timeout=timedelta(seconds=4))


@pytest.fixture(scope="module")
def replicated(request):
    with Pair(server=request.config.getoption("--server")) as pair:
        yield pair


@pytest.fixture
def pair(replicated):
    """A primary whose replica receives everything, and nothing once it is frozen."""
    with replicated.client() as client:
        client.flushall()
        yield replicated
        replicated.thaw()
        client.flushall()
        assert client.wait(1, 10_000) == 1


@pytest.fixture
def make_queue(pair):
    made = []

    def make(name="orders", *, durability=SOON, **options):
        made.append(Queue(name, url=pair.url, durability=durability, **options))
        return made[-1]

    yield make
    for queue in made:
        queue.close()


@pytest.fixture
def impatient(monkeypatch):
    """Too few replicas are told at once."""
    monkeypatch.setattr(retries, "TRIES", 0)


WRITES = {
    "push": lambda queue, claim: queue.push(1),
    "push again": lambda queue, claim: queue.push("here", push_id="known"),
    "claim": lambda queue, claim: queue.claim(),
    "claim, empty": lambda queue, claim: Queue.claim(queue, claim_id=claim.claim_id),
    "ack": lambda queue, claim: claim.ack(),
    "ack one": lambda queue, claim: claim.ack(claim.items[0]),
    "release": lambda queue, claim: claim.release(),
    "reject": lambda queue, claim: claim.reject(reason="no"),
    "extend": lambda queue, claim: claim.extend(),
    "drain": lambda queue, claim: list(queue.drain()),
    "pause": lambda queue, claim: queue.pause(),
    "resume": lambda queue, claim: queue.resume(),
    "redrive": lambda queue, claim: queue.redrive(),
    "purge": lambda queue, claim: queue.purge(),
}


@pytest.mark.parametrize("call", WRITES)
def test_a_call_that_writes_is_done_only_when_the_replica_has_it(pair, make_queue, impatient, call):
    queue = make_queue(durability=PATIENT)
    queue.push("here", push_id="known")
    queue.push_many(range(3))
    claim = queue.claim(2)
    queue._client.connection_pool.disconnect()  # a connection anew knows of no write
    pair.freeze()
    queue._scripts._writer._wait_ms = 20
    with pytest.raises(NotReplicated, match="0 of 1 replicas"):
        WRITES[call](queue, claim)


def test_reading_needs_no_replica(pair, make_queue):
    queue = make_queue()
    queue.push_many(range(3))
    queue.claim().reject(reason="no")
    pair.freeze()
    assert (queue.stats().ready, len(queue.peek()), len(queue.dead())) == (2, 2, 1)
    assert queue.wait(timedelta(seconds=1))


def test_too_few_replicas_are_told_and_repeating_does_no_harm(pair, make_queue, monkeypatch):
    monkeypatch.setattr(retries, "LONGEST_PAUSE", 0.05)
    queue = make_queue()
    pair.freeze()
    with pytest.raises(NotReplicated, match=r"'orders'.*9 times after 20 ms.*no harm") as told:
        queue.push_many(range(3), push_id="load")
    assert isinstance(told.value, ServerUnavailable)
    pair.thaw()
    assert queue.push_many(range(3), push_id="load").repeated == 3
    assert [item.payload for item in queue.drain()] == [0, 1, 2]


def test_a_replica_that_lags_is_waited_for(pair, make_queue, eventually):
    queue, pushed = make_queue(durability=Replicated()), []
    pair.freeze()
    push = threading.Thread(target=lambda: pushed.append(queue.push(1)))
    push.start()
    with pair.client() as client:
        eventually(lambda: client.info("clients")["blocked_clients"], "the call to wait")
    assert not pushed
    pair.thaw()
    push.join(20)
    assert pushed


def test_more_replicas_than_there_are_never_confirm(make_queue, impatient):
    durability = Replicated(replicas=2, timeout=timedelta(seconds=2))
    with pytest.raises(NotReplicated, match="1 of 2"):
        make_queue(durability=durability).push(1)


def test_lost_replies_and_forgotten_scripts_cost_nothing(pair, make_proxy, seed):
    proxy = make_proxy(pair.primary, swallow=0.1, seed=seed)
    queue = Queue("orders", url=proxy.url, durability=Replicated())
    with pair.client() as client:
        for n in range(100):
            queue.push(n)
            if n % 10 == 0:
                client.script_flush()
    assert [item.payload for item in queue.drain(3)] == list(range(100))
    assert proxy.seen["swallowed"]
    queue.close()


def test_the_replica_has_what_was_confirmed(request):
    with Pair(server=request.config.getoption("--server")) as pair:
        queue = Queue("orders", url=pair.url, durability=Replicated())
        queue.push_many(range(100))
        claim = queue.claim(10)
        claim.ack(*claim.items[:5])
        pair.fail_over()
        pair.rejoin()
        claim.ack()
        assert [item.payload for item in queue.drain()] == list(range(10, 100))
        assert queue.stats().acked == 100


@pytest.fixture
def cluster(request):
    server = request.config.getoption("--server")
    with Cluster(server=server, primaries=2, replicated=True) as running:
        yield running


def test_on_a_cluster_the_replica_of_the_slots_primary_confirms(cluster, impatient, monkeypatch):
    queue = Queue("orders", client=cluster.client(), durability=PATIENT)
    monkeypatch.setattr(clusters, "LONGEST_PAUSE", 0.01)
    slot = key_slot(b"orders")
    queue.push_many(range(6))
    claim = queue.claim(2)
    cluster.move_key_by_key(slot, random.Random(1))
    claim.ack()
    assert queue.claim(claim_id="a", incarnation="1").payloads == [2]
    replica = cluster.replicas[cluster.nodes.index(cluster.owner(slot))]
    freeze(replica.server.pid)
    with pytest.raises(NotReplicated, match="0 of 1"):
        queue.push(6)
    thaw(replica.server.pid)
    assert queue.claim(claim_id="a", incarnation="2").payloads == [2]
    assert [item.payload for item in queue.drain(2)] == [3, 4, 5, 6]


@pytest.mark.parametrize("durability", ["replica", 1, True, {"replicas": 1}])
def test_a_durability_that_is_not_known_is_refused(durability):
    with pytest.raises(BadArgument, match="durability"):
        Queue("orders", url="redis://nowhere.invalid", durability=durability)


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"replicas": 0}, "replicas"),
        ({"replicas": True}, "replicas"),
        ({"replicas": "1"}, "replicas"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"timeout": 1}, "timeout"),
        ({"timeout": timedelta(seconds=6)}, "at most 5 seconds"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(how, named):
    with pytest.raises(BadArgument, match=named):
        Replicated(**how)
