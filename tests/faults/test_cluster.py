"""A Cluster of one node, through redis-py's cluster client: every call finds its slot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.cluster import RedisCluster

from lab.ports import free_port
from lab.snapshot import snapshot
from redis_xcom import BadArgument, Queue


@pytest.fixture
def node(make_server, eventually):
    """A client of the node itself, which holds every slot."""
    port = free_port()
    settings = {"port": str(port), "bind": "127.0.0.1", "cluster-enabled": "yes"}
    client = make_server(settings=settings | {"cluster-port": str(free_port())}).client()
    client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    eventually(
        lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", "the Cluster"
    )
    client.port = port
    yield client
    client.close()


@pytest.fixture
def cluster(node):
    client = RedisCluster(host="127.0.0.1", port=node.port)
    yield client
    client.close()


def test_a_queue_lives_its_whole_life_on_a_cluster(cluster):
    queue = Queue("orders", client=cluster)
    assert queue.push_many(range(10), push_id="load").pushed == 10
    assert queue.push_many(range(10), push_id="load").repeated == 10
    with queue.claim(2) as claim:
        assert claim.payloads == [0, 1]
        claim.extend()
    later = queue.claim(4)
    later.ack(later.items[0])
    later.release(later.items[1], delay=timedelta(milliseconds=1))
    later.reject(later.items[2], reason="no good")
    later.release()
    assert queue.redrive() == 1
    assert queue.wait(timedelta(seconds=1))
    assert sorted(item.payload for item in queue.drain(3)) == [3, 4, 5, 6, 7, 8, 9]
    assert (queue.stats().total, queue.stats().acked) == (0, 10)


def test_results_are_forwarded_to_a_queue_of_the_same_tag(cluster, node):
    orders = Queue("orders", client=cluster, tag="shop")
    results = Queue("results", client=cluster, tag="shop")
    orders.push_many(range(5))
    drain = orders.drain(2, forward_to=results)
    for item in drain:
        drain.forward(item.payload * 10)
    assert [item.payload for item in results.peek()] == [0, 10, 20, 30, 40]
    slots = {node.execute_command("CLUSTER", "KEYSLOT", key) for key in node.keys("*")}
    assert len(slots) == 1


@pytest.mark.parametrize("kind", ["cluster", "node"])
def test_to_another_tag_nothing_is_forwarded_and_one_error_says_so(request, node, kind):
    """Whether the client knows of the Cluster or learns of it from the server."""
    client = request.getfixturevalue(kind)
    orders = Queue("orders", client=client)
    orders.push_many(range(3))
    before = snapshot(node)
    with pytest.raises(BadArgument, match="tag"):
        list(orders.drain(2, forward_to=Queue("results", client=client)))
    assert snapshot(node) == before
    assert [item.payload for item in orders.drain()] == [0, 1, 2]
