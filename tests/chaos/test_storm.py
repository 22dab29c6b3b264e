"""A small storm breaks no rule; with one rule taken out of the scripts it is found at once."""

from __future__ import annotations

import pytest

from lab.chaos import strikes
from lab.chaos.storm import Storm
from lab.chaos.strikes import FAULTS

PLANTED = {
    "whoever has the claim id may settle": (
        "settle.lua",
        "call('HDEL', STATE, '')",
        "mine = live and live.generation or mine",
    ),
    "a claim asked for twice is made twice": (
        "lib/past.lua",
        "return (after == '' or live.after == after) and replay(live) or { 'lost' }",
        "return nil",
    ),
    "leases end in half their time": (
        "claim.lua",
        "'-inf', now_ms, 'WITHSCORES', 'LIMIT', '0', BATCH)",
        "'-inf', now + 500, 'WITHSCORES', 'LIMIT', '0', BATCH)",
    ),
}

FOUND_BY = {strikes.retry_beside_a_zombie, strikes.lose_a_reply}


@pytest.fixture
def binary(request):
    return request.config.getoption("--server")


@pytest.mark.timeout(120)
def test_a_small_storm_breaks_no_rule(seed, binary):
    with Storm(seed, binary) as storm:
        storm.rage(10)
        judge = storm.verdict()
    assert judge.violations == []
    assert len({fault.told for fault in FAULTS} & storm.strikes.keys()) >= 12
    happened = judge.book.events
    kinds = ("forwarded", "handed over", "expired", "died", "redriven")
    assert min(happened[event] for event in kinds) > 0
    assert judge.events > judge.calls > 1_000
    assert storm.told_lines > 500


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(seed, binary, fault):
    with Storm(seed, binary, PLANTED[fault]) as storm:
        storm.rage(40, [fault for fault in FAULTS if fault.strike in FOUND_BY])
        assert storm.judge.violations, "nothing was found in forty seconds"
