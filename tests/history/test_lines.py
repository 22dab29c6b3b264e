"""The judge knows lines and bounds: it finds nothing wrong with honest work, and planted faults."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.history import witness

LEASE = timedelta(seconds=1)
ORDERS = [{"n": number} for number in range(4)]


def claim(queue, limit=4):
    return queue.claim(limit, claim_id="a", incarnation="1", lease=LEASE)


def keyed(number, key="c7"):
    return b'{"xcom":"foreign-%d","key":"%b","payload":{"n":%d}}' % (number, key.encode(), number)


def test_honest_work_by_ordering_keys_breaks_no_rule(witnessed, judged, client, expire):
    work = (queues := witnessed(max_deliveries=3)).work
    work.push_many(ORDERS, ordering_keys=["c7", "c7", None, "c8"])
    work.limit(max_claimed=2)
    claim(work, limit=2).release(reason="behind the others")
    expire(work, 1)
    claim(work, limit=1).reject(reason="bad")
    witness.push_foreign(client, work.keys, keyed(4), keyed(5), keyed(6, "c9"))
    queues.work.redrive()
    for item in (drain := work.drain(2, forward_to=queues.done)):
        drain.forward({"of": item.payload["n"]})
    work.push_many([{"n": 10}, {"n": 11}], ordering_keys=["c7", "c7"])
    work.purge()
    for _ in queues.done.drain():
        pass
    verdict = judged(queues)
    assert verdict.violations == []
    assert verdict.lines.lines == {}
    events = verdict.book.events
    assert (events["called up"], events["stood behind"], events["purged"]) == (3, 2, 2)
    assert events["claimed with a key"] > 6
    assert events["claimed up to the bound"] >= 2


PLANTED = {
    "a turn is not compared": (
        ("return not turn or turn == id", "return true", "lib/turns.lua"),
        lambda queues: (
            queues.done.push_many([1, 2], ordering_keys=["k", "k"]),
            claim(queues.done, limit=2),
        ),
        "went before",
    ),
    "the line has no order": (
        (
            "string.format('%020d', next_generation())",
            "string.format('%020d', 99 - call('ZCARD', WAITING))",
            "lib/turns.lua",
        ),
        lambda queues: (
            queues.done.push_many([1, 2, 3], ordering_keys=["k", "k", "k"]),
            list(queues.done.drain(1)),
        ),
        "went before",
    ),
    "a release passes the turn on": (
        (
            "front[#front + 1] = give_back_item",
            "pass_on(items[i])\n      front[#front + 1] = give_back_item",
            "lib/returning.lua",
        ),
        lambda queues: (
            queues.done.push_many([1, 2], ordering_keys=["k", "k"]),
            claim(queues.done).release(reason="again"),
            claim(queues.done),
        ),
        "went before",
    ),
    "the bound is not compared": (
        ("most = math.min(most, room() or most)", "", "lib/choosing.lua"),
        lambda queues: (queues.work.limit(max_claimed=3), claim(queues.work, limit=4)),
        "4 items are claimed, 3 may be",
    ),
}


@pytest.mark.spoils_keys
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(witnessed, judged, fault):
    change, act, words = PLANTED[fault]
    queues = witnessed(*change)
    queues.work.push_many(ORDERS)
    act(queues)
    verdict = judged(queues, all_done=False)
    assert any(words in violation for violation in verdict.violations), verdict.violations
