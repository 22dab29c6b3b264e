"""The public API as a user's type checker sees it: checked by a test, never run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import assert_type

from redis_xcom import (
    Claim,
    ClaimHandle,
    ClaimHeld,
    ClaimLost,
    DeadItem,
    Drain,
    Item,
    Outlook,
    Priorities,
    PushResult,
    Queue,
    QueueFull,
    Replicated,
    SilentClaim,
    Stats,
)
from redis_xcom.operators import (
    AckClaimOperator,
    ClaimFromQueueOperator,
    PushToQueueOperator,
    QueueSensor,
    ReleaseClaimOperator,
    TriggerDagRunPerItemOperator,
    TriggerDagRunWithXComsOperator,
    claim_xcom,
    handed_xcoms,
    release_xcom,
)
from redis_xcom.single import Single, SingleClaim

if TYPE_CHECKING:
    from redis import Redis

MINUTE = timedelta(minutes=1)


def build(client: Redis) -> Queue:
    Queue("orders", url="redis://localhost:6379/0", prefix="xcom", tag="shop", max_deliveries=None)
    Queue("orders", client=client, durability=Replicated(replicas=2, timeout=MINUTE))
    Queue("orders", client=client, alive=lambda: True)
    return Queue("orders", client=client, max_deliveries=3, max_payload_bytes=1_000)


def produce(orders: Queue) -> None:
    assert_type(orders.push({"order": 7}, dedup_id="7", delay=MINUTE, by="shop"), PushResult)
    try:
        result = orders.push_many((n for n in range(3)), push_id="load", max_length=10)
    except QueueFull as error:
        assert_type(error, QueueFull)
        raise
    assert_type(result.pushed, int)
    assert_type(result.repeated, int)


def consume(orders: Queue) -> None:
    with orders.claim(limit=10, lease=MINUTE, wait=MINUTE) as claim:
        assert_type(claim, Claim)
        for item in claim:
            assert_type(item, Item)
            assert_type(item.payload, Any)
            assert_type(item.pushed_at, datetime | None)
            assert_type(item.deliveries + item.failures, int)
    held = orders.claim(claim_id="a task", incarnation="2", owner="host:1")
    assert_type(held.items, list[Item])
    assert_type(held.retry_after, timedelta | None)
    assert_type(held.generation, int)
    assert_type(held.lost, bool)
    held.extend(lease=MINUTE)
    held.release(*held.items, delay=MINUTE, reason="not now")
    held.reject(held.items[0], reason="bad")
    held.ack()


def flow(orders: Queue, urgent: Queue) -> None:
    orders.push({"order": 7}, ordering_key="c7")
    orders.push_many([1, 2], ordering_keys=["c7", None])
    orders.limit(max_claimed=5)
    orders.limit(max_claimed=None)
    both = Priorities([urgent, orders])
    assert_type(both.wait(MINUTE), bool)
    claim = both.claim(10, wait=MINUTE, lease=MINUTE, claim_id="a task", incarnation="2")
    assert_type(claim, Claim)
    assert_type(claim.full, bool)
    loop = both.drain(batch=10, idle=MINUTE, max_items=100, owner="host:1")
    for item in loop:
        assert_type(item.ordering_key, str)
        loop.ack(item)
    for batch in loop.batches():
        assert_type(batch, Claim)


def hand_over(orders: Queue) -> None:
    claim = orders.claim(limit=10)
    assert_type(claim.handle, ClaimHandle)
    assert_type(claim.place_of(claim.items[0]), int)
    try:
        generation = claim.hand_over(*claim.items[:2], claim_id="a run", incarnation="1")
    except ClaimHeld as error:
        assert_type(error.generation, int)
        raise
    assert_type(generation, int)
    handle = orders.handle("a run", generation)
    assert_type(handle, ClaimHandle)
    assert_type(handle.items(1, 2), dict[int, Item])
    handle.ack(1)
    handle.extend(MINUTE)
    handle.release(2, delay=MINUTE, reason="not now", failed=False)
    handle.reject(reason="bad")
    assert_type(handle.hand_over(claim_id="a task", lease=MINUTE, owner="host:1"), int)


def drain(orders: Queue, results: Queue) -> None:
    loop = orders.drain(batch=100, idle=MINUTE, max_items=1_000, forward_to=results)
    orders.drain(claim_id="a task", incarnation="2")
    assert_type(loop, Drain)
    try:
        for item in loop:
            loop.forward({"of": item.id})
    except ClaimLost as error:
        assert_type(error.claim_id, str)
        assert_type(error.generation, int)


def look(orders: Queue) -> None:
    stats = orders.stats()
    assert_type(stats, Stats)
    assert_type(stats.ready + stats.claimed + stats.delayed + stats.dead, int)
    assert_type(stats.oldest, timedelta | None)
    outlook = orders.outlook(quiet=timedelta(minutes=1))
    assert_type(outlook, Outlook)
    assert_type(outlook.available + outlook.silent, int)
    assert_type(orders.silent(timedelta(seconds=30)), list[SilentClaim])
    assert_type(orders.wait(MINUTE), bool)
    assert_type(orders.peek(10), list[Item])
    assert_type(orders.dead(10), list[DeadItem])
    assert_type(orders.redrive(limit=10), int)
    assert_type(orders.purge(dead=True), int)
    orders.pause()
    orders.resume()
    orders.close()


def alone(client: Redis) -> None:
    single = Single("card", client=client, what="the card")
    assert_type(single.offer({"number": 7}, ttl=MINUTE), bool)
    claim = single.claim("till 4", incarnation="1", owner="me", lease=MINUTE)
    assert_type(claim, SingleClaim | None)
    if claim is not None:
        assert_type(claim.release(), bool)
    assert_type(single.release("till 4", generation=7), bool)
    claim_xcom("pin", "till 4", task_ids="issue", map_index=3, lease=MINUTE)
    assert_type(release_xcom(task_ids="issue"), bool)


def dag() -> None:
    push = PushToQueueOperator(task_id="push", queue="orders", payloads=[{"order": 7}])
    claim = ClaimFromQueueOperator(task_id="claim", queue="orders", limit=50)
    ClaimFromQueueOperator(task_id="wait", queue="orders", deferrable=True, timeout=MINUTE)
    AckClaimOperator(task_id="ack", claim=claim.handle)
    ReleaseClaimOperator(task_id="back", claim=claim.handle, delay=MINUTE).as_teardown(setups=claim)
    TriggerDagRunPerItemOperator(
        task_id="start", queue="orders", trigger_dag_id="handle", per_run=5
    )
    TriggerDagRunWithXComsOperator(
        task_id="hand", trigger_dag_id="handle", xcoms={"claimed": claim.output}, ttl=MINUTE
    )
    QueueSensor(task_id="done", queue="orders", done=True, deferrable=True, soft_fail=True)
    push >> claim


def work_in_a_run_that_was_handed_xcoms() -> None:
    handed = handed_xcoms()
    assert_type(handed["claimed"], Any)
    assert_type(list(handed), list[str])


def wrong(orders: Queue) -> None:
    orders.push(1, "an id")  # type: ignore[call-arg]  # arguments are keyword-only
    orders.claim(lease=60)  # type: ignore[arg-type]  # durations carry their unit
    orders.claim().hand_over()  # type: ignore[call-arg]  # to whom?
    Queue("orders", client=None, durability="replica")  # type: ignore[arg-type]  # terms, not words
    Queue("orders", host="localhost")  # type: ignore[call-arg]
