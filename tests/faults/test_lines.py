"""Eight consumers of one queue, killed again and again: each key in order, one item at a time."""

from __future__ import annotations

import pytest

from lab.chaos import strikes
from lab.chaos.crew import EIGHT_ON_ONE
from lab.chaos.storm import Storm
from lab.chaos.strikes import FAULTS, Fault

OTHERS = {strikes.freeze_a_worker, strikes.retry_beside_a_zombie, strikes.lose_a_reply}
KILL = Fault(strikes.kill_a_worker, 100, "killed")
KILLS = [KILL, *(fault for fault in FAULTS if fault.strike in OTHERS)]
PLANTED = {
    "a turn is not compared": (
        "lib/turns.lua",
        "return not turn or turn == id",
        "return true",
    ),
    "the bound is not compared": (
        "lib/choosing.lua",
        "most = math.min(most, room() or most)",
        "",
    ),
}


@pytest.fixture
def binary(request):
    return request.config.getoption("--server")


@pytest.mark.timeout(120)
def test_killed_consumers_keep_each_keys_order_and_the_bound(seed, binary, figures):
    with Storm(seed, binary, cast=EIGHT_ON_ONE) as storm:
        storm.rage(5, KILLS)
        judge = storm.verdict()
    assert judge.violations == []
    happened = judge.book.events
    assert storm.strikes[KILL.told] >= 6
    assert happened["claimed with a key"] > 500
    assert min(happened[event] for event in ("called up", "stood behind", "expired")) > 0
    assert happened["claimed up to the bound"] > 20
    figures(
        f"8 consumers of {happened['pushed']} items with 21 ordering keys, "
        f"{storm.strikes[KILL.told]} killed (seed {seed}): {happened['claimed with a key']} "
        f"claimed in their order, one of a key at a time, {happened['claimed up to the bound']} "
        "times up to max_claimed, never beyond"
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(seed, binary, fault):
    with Storm(seed, binary, PLANTED[fault], EIGHT_ON_ONE) as storm:
        storm.rage(30, KILLS)
        assert storm.judge.violations, "nothing was found in thirty seconds"
