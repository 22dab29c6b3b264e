"""A small race for claimed XComs: `make race` runs many, with 32 tasks in each."""

from __future__ import annotations

import pytest

from lab.race.course import Course
from lab.race.judge import rounds_of
from lab.race.plan import FAILED, KILLED

RACERS, KINDS = 8, (KILLED, FAILED)
SECONDS = 150.0
"""It takes ten on a quiet machine: eight processes start and meet, one of them twice."""

pytestmark = pytest.mark.timeout(SECONDS + 60)


@pytest.fixture(scope="module")
def rounds(airflow, server, start):
    run = start("race", kinds=KINDS, racers=RACERS)
    run.wait(timeout=SECONDS)
    with server.client() as client:
        return rounds_of(run.run_id, KINDS, RACERS, Course(client, run.run_id).entries())


def test_one_task_has_it_and_all_others_are_told_who_it_is(rounds):
    assert [fault for one in rounds for fault in one.faults()] == []


def test_a_killed_holders_retry_has_it_back(rounds):
    killed, _ = rounds
    (tries,) = {tuple(sorted({entry["attempt"] for entry in killed.those("got")}))}
    assert tries == (1, 2)
    assert len(killed.losers) == RACERS - 1


def test_after_its_holder_failed_for_good_one_other_task_has_it(rounds):
    _, failed = rounds
    assert len(failed.winners) == 2
    assert len(failed.losers) == RACERS - 2
