"""What the claiming operator waits for without being told to."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from redis_xcom.operators import ClaimFromQueueOperator

HOURS_US = 3 * 3_600_000_000
TASK = SimpleNamespace(
    dag_id="shop",
    run_id="hourly",
    task_id="claim",
    map_index=-1,
    id="01995c6e-0000-7000-8000-000000000000",
)


def left_alone_for_hours(client):
    """As if the queue had been touched three hours ago for the last time."""
    client.hincrby("xcom:{orders}:state", "seen", -HOURS_US // 1000)
    for claim_id, deadline in client.zrange("xcom:{orders}:leases", 0, -1, withscores=True):
        client.zadd("xcom:{orders}:leases", {claim_id: deadline - HOURS_US / 1000})


def claimed(queue, **arguments):
    operator = ClaimFromQueueOperator(task_id="claim", queue="orders", **arguments)
    return operator._claim(queue, TASK).payloads


def test_items_of_a_claimant_that_died_hours_ago_are_waited_for(live_queue, client):
    live_queue.push_many(["a", "b"])
    live_queue.claim(2, lease=timedelta(seconds=3))
    left_alone_for_hours(client)
    assert claimed(live_queue) == ["a", "b"]


def test_an_empty_queue_is_not_waited_for(live_queue, client):
    live_queue.push("later", delay=timedelta(hours=1))
    assert claimed(live_queue) == []


def test_a_living_claimants_items_are_not_waited_for(live_queue):
    live_queue.push("a")
    with live_queue.claim(lease=timedelta(hours=1)):
        assert claimed(live_queue) == []
