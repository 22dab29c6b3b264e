"""The judge of histories finds nothing wrong with honest work, and every planted fault."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from lab.history import witness
from lab.history.recording import Recording
from redis_xcom import ClaimLost, Queue

LEASE = timedelta(seconds=1)
ORDERS = [{"n": number} for number in range(4)]


def claim(queue, incarnation="1", limit=4, claim_id="a"):
    return queue.claim(limit, claim_id=claim_id, incarnation=incarnation, lease=LEASE)


def acks(claimed):
    with suppress(ClaimLost):
        claimed.ack()


def test_honest_work_of_every_kind_breaks_no_rule(witnessed, judged, client, clock, expire):
    queues = witnessed(max_deliveries=5)
    queues.work.push_many(ORDERS, push_id="load")
    queues.work.push_many(ORDERS, push_id="load")
    queues.done.push({"n": 10}, delay=LEASE)
    witness.push_foreign(client, queues.done.keys, b'{"n": 11}', b"no JSON")
    drain = queues.work.drain(3, forward_to=queues.done)
    for item in drain:
        drain.forward({"of": item.payload["n"]})
    first = claim(queues.done, limit=5)
    first.release(first.items[0], reason="later", delay=timedelta(seconds=2))
    first.reject(first.items[1], reason="bad")
    second = claim(queues.done, "2", limit=5)
    acks(first)
    second.extend()
    expire(queues.done, 3)
    acks(second)
    queues.done.redrive()
    for _ in queues.done.drain(2):
        pass
    queues.done.push({"n": 12})
    queues.done.purge()
    verdict = judged(queues)
    assert verdict.violations == []
    assert verdict.events == verdict.book.events.total() >= verdict.calls
    assert dict(verdict.book.events) == {
        "pushed": 8, "forwarded": 4, "claimed": 16, "acked": 10, "came due": 2, "released": 1,
        "rejected": 3, "taken over": 2, "renewed": 1, "expired": 2, "died": 3, "redriven": 2,
        "purged": 1,
    }  # fmt: skip


PLANTED = {
    "ack without generation": (
        ("call('HDEL', STATE, '')", "mine = live and live.generation or mine", "settle.lua"),
        lambda queues, _: (first := claim(queues.work), claim(queues.work, "2"), acks(first)),
        "which does not hold it",
    ),
    "release without generation": (
        (
            "call('HDEL', STATE, '')",
            "if letter == 'r' and live then mine = live.generation end",
            "settle.lua",
        ),
        lambda queues, _: (first := claim(queues.work), claim(queues.work, "2"), first.release()),
        "given back by one that does not hold it",
    ),
    "extend without generation": (
        (
            "if not record or record.generation ~= mine then",
            "if not record then",
            "extend.lua",
        ),
        lambda queues, _: (first := claim(queues.work), claim(queues.work, "2"), first.extend()),
        "was renewed under generation",
    ),
    "takeover without a new generation": (
        (
            "record.generation, record.incarnation, record.owner = next_generation(), incarnation,",
            "record.incarnation, record.owner = incarnation,",
            "lib/past.lua",
        ),
        lambda queues, _: (claim(queues.work), claim(queues.work, "2")),
        "changed hands without a new generation",
    ),
    "no replay": (
        (
            "return (after == '' or live.after == after) and replay(live) or { 'lost' }",
            "return nil",
            "lib/past.lua",
        ),
        lambda queues, _: (claim(queues.work, limit=2), claim(queues.work, limit=2)),
        "is gone without an ack",
    ),
    "no push id": (
        ("return taken('push/' .. push_id)", "return false", "push.lua"),
        lambda queues, _: queues.work.push({"n": 0}, push_id="again"),
        "was pushed twice",
    ),
    "reaping without regard to the lease": (
        (
            "local expired = call('ZRANGEBYSCORE', LEASES, '-inf', now_ms,",
            "local expired = call('ZRANGEBYSCORE', LEASES, '-inf', '+inf',",
            "claim.lua",
        ),
        lambda queues, _: (claim(queues.work), claim(queues.work, claim_id="b")),
        "ms were left",
    ),
    "an expired item is forgotten": (
        ("call('LPUSH', READY, front[i])", "local _ = front[i]", "lib/returning.lua"),
        lambda queues, _: claim(queues.work).release(),
        "is gone without an ack",
    ),
    "a released item stays claimed": (
        (
            "call('HDEL', CLAIMED, unpack(names))\n  mark(id, record, places, how.letter)",
            "mark(id, record, places, how.letter)",
            "lib/returning.lua",
        ),
        lambda queues, _: claim(queues.work).release(),
        "is in 2 places",
    ),
    "dead letters dropped": (
        ("call('HSET', DEAD, id,", "local _ = (id ..", "lib/returning.lua"),
        lambda queues, _: claim(queues.work).reject(reason="bad"),
        "is gone without an ack",
    ),
    "forwarding outside the ack": (
        ("acked + #places\n  forward(FIRST_FORWARD)", "acked + #places", "settle.lua"),
        lambda queues, _: forward_once(queues),
        "were acked",
    ),
    "counts are not kept": (
        ("local deliveries = parts.deliveries + 1", "local deliveries = 1", "lib/returning.lua"),
        lambda queues, _: (claim(queues.work).release(), claim(queues.work, "2").release()),
        "deliveries",
    ),
    "a payload is rewritten": (
        (
            """"payload":' .. value .. '}'""",
            """"payload":' .. cjson.encode(cjson.decode(value)) .. '}'""",
            "lib/handing.lua",
        ),
        lambda queues, client: (
            witness.push_foreign(client, queues.done.keys, b'{"a": [] }'),
            claim(queues.done),
        ),
        "went from None to claimed",
    ),
}


def forward_once(queues):
    drain = queues.work.drain(1, max_items=2, forward_to=queues.done)
    with suppress(ClaimLost):
        for item in drain:
            drain.forward({"of": item.payload["n"]})


@pytest.mark.spoils_keys
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(witnessed, judged, client, fault):
    change, act, words = PLANTED[fault]
    queues = witnessed(*change)
    queues.work.push_many(ORDERS, push_id="again")
    with suppress(ClaimLost):
        act(queues, client)
    verdict = judged(queues, all_done=False)
    assert any(words in violation for violation in verdict.violations), verdict.violations


def test_a_change_that_is_in_no_history_is_found(witnessed, judged, client):
    queues = witnessed()
    queues.work.push_many(ORDERS)
    client.lpop(queues.work.keys.part("ready"))
    verdict = judged(queues, all_done=False)
    assert verdict.violations == ["xcom:{t}:work:ready is not what its history makes of it"]


def test_an_item_that_is_left_is_found(witnessed, judged):
    queues = witnessed()
    queues.work.push(ORDERS[0])
    (violation,) = judged(queues).violations
    assert violation.startswith("1 items are left in ready")


def test_a_recording_follows_the_server_and_deletes_what_it_has_read(witnessed, client, server):
    with Recording(server.url, ["t"]) as recording:
        queues = witnessed()
        for order in ORDERS:
            queues.work.push(order)
        acks(claim(queues.work))
        verdict = recording.verdict()
    assert verdict.violations == []
    assert verdict.book.events == Counter(pushed=4, claimed=4, acked=4)
    assert client.xlen(witness.stream("t")) == 0


def test_the_clock_can_be_set_without_touching_the_servers(witnessed, client):
    queue = Queue("work", client=client, tag="t")
    witnessed()
    before = queue.stats().oldest
    assert before is None
    witness.skew(client, "t", 3_600_000)
    queue.push(1)
    seen = int(client.hget("xcom:{t}:work:state", "seen"))
    seconds, _ = client.time()
    assert 3_599_000 < seen - seconds * 1000 < 3_601_000
