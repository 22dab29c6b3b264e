"""A small storm inside a real Airflow: each kind of kill once, and every item accounted for."""

from __future__ import annotations

import pytest

from lab.airstorm.storm import Size, storm

SEED = 35
KINDS = dict.fromkeys(
    ("task killed", "supervisor killed", "cleared", "marked failed", "push killed"), 1
)
SLICE = Size(
    items=40,
    kinds=KINDS,
    chunk=10,
    limit=6,
    slots=3,
    pushes=2,
    lease=12,  # longer than silence, QUIET, and the five seconds between two looks at it
    tasks=6,
    triggerers=1,
    seconds=140,
)


@pytest.mark.timeout(240)
def test_what_is_killed_cleared_and_marked_failed_loses_nothing_and_acks_nothing_twice(request):
    """The same account as after the whole storm; the same one notices a loss and a second ack."""
    with storm(SEED, SLICE, server=request.config.getoption("--server")) as raging:
        account = raging.run()
        assert account.faults() == [], raging.airflow.log_tail()
        assert raging.leaks() == []
        assert raging.striker.count.total() >= 3
        item, end = next((i, e) for i, e in account.book.ends.items() if e.number == b"7")
    del account.book.ends[item]
    assert "number 7 is lost" in anew(account).faults()
    account.book.ends |= {item: end, b"another": end}
    assert "number 7 was acked twice" in anew(account).faults()


def anew(account):
    """The same account, with nothing remembered of what it has counted."""
    for counted in ("acks", "dead", "came_again"):
        account.__dict__.pop(counted, None)
    return account
