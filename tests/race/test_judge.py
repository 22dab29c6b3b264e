"""The judge of a race finds a second winner, a wrong name, and a value that did not come back."""

from __future__ import annotations

import pytest

from lab.race.__main__ import table
from lab.race.judge import Round, holder_of, owner_of, rounds_of
from lab.race.plan import FAILED, KILLED, KILLED_WITHIN, KINDS, PLAIN, plan, prize_of

RUN, NUMBER, RACERS = "race-7-0", 4, 5
WINNER, HEIR, LOSER = 2, 0, 3


class Paper:
    """What the racers of a round write down."""

    def __init__(self):
        self.entries = []

    def asks(self, racer, attempt=1):
        self._write(racer, attempt, "asks", pid=100 * racer + attempt)

    def told(self, racer, holder=WINNER):
        self.asks(racer)
        names = {"holder": holder_of(RUN, holder), "owner": f"{owner_of(RUN, holder)}host:1"}
        self._write(racer, 1, "told", **names)

    def got(self, racer, attempt=1, number=NUMBER):
        self.asks(racer, attempt)
        self._write(racer, attempt, "got", prize=prize_of(RUN, number))

    def struck(self, racer):
        self._write(racer, 1, "struck")

    def raised(self, racer):
        self._write(racer, 1, "raised", says="ServerUnavailable")

    def _write(self, racer, attempt, what, **more):
        who = {"round": NUMBER, "racer": racer, "attempt": attempt, "what": what}
        self.entries.append(who | more | {"at": len(self.entries) / 1000})


def good(kind):
    """A round of each kind as it should be."""
    paper = Paper()
    if kind == KILLED_WITHIN:
        paper.asks(WINNER)
    else:
        paper.got(WINNER)
    for racer in {*range(RACERS)} - {WINNER}:
        paper.told(racer)
    if kind != PLAIN:
        paper.struck(WINNER)
    if kind in {KILLED, KILLED_WITHIN}:
        paper.got(WINNER, attempt=2)
    elif kind == FAILED:
        paper.got(HEIR)
        for racer in {*range(RACERS)} - {WINNER, HEIR}:
            paper.told(racer, HEIR)
    return paper


def judged(kind, paper):
    return list(Round(RUN, NUMBER, kind, RACERS, paper.entries).faults())


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_a_round_as_it_should_be_has_no_faults(kind):
    assert judged(kind, good(kind)) == []


def test_a_second_winner_is_found(kind):
    paper = good(kind)
    paper.got(LOSER)
    assert any("had the value" in fault for fault in judged(kind, paper))


def test_nobody_having_it_is_found(kind):
    paper = good(kind)
    paper.entries = [entry for entry in paper.entries if entry["what"] != "got"]
    assert any("racers [] had the value" in fault for fault in judged(kind, paper))


def test_another_rounds_value_is_found(kind):
    paper = good(kind)
    paper.got(WINNER, attempt=2, number=NUMBER + 1)
    assert any("racer 2 got 'race-7-0 round-5'" in fault for fault in judged(kind, paper))


@pytest.mark.parametrize("change", [{"holder": holder_of(RUN, 4)}, {"owner": owner_of(RUN, 22)}])
def test_a_wrong_name_is_found(kind, change):
    paper = good(kind)
    for place, entry in enumerate(paper.entries):
        if entry["what"] == "told" and entry["racer"] != 4:
            paper.entries[place] = entry | change
            assert any("was told of" in fault for fault in judged(kind, paper))
            paper.entries[place] = entry


def test_a_racer_told_of_itself_is_found(kind):
    paper = good(kind)
    paper.told(WINNER, WINNER)
    assert any("racer 2 was told of" in fault for fault in judged(kind, paper))


def test_a_racer_that_was_told_nothing_is_found(kind):
    paper = good(kind)
    paper.entries = [
        entry for entry in paper.entries if (entry["racer"], entry["what"]) != (LOSER, "told")
    ]
    assert any("were told who has it" in fault for fault in judged(kind, paper))


def test_a_racer_that_never_asked_is_found(kind):
    paper = good(kind)
    paper.entries = [entry for entry in paper.entries if entry["racer"] != LOSER]
    faults = judged(kind, paper)
    assert any("4 of 5 have asked" in fault for fault in faults)
    assert any("4 processes for 5 racers" in fault for fault in faults)


def test_racers_that_are_one_process_are_found(kind):
    paper = good(kind)
    for entry in paper.entries:
        entry.update({"pid": 1} if entry["racer"] != WINNER else {})
    assert any("2 processes for 5 racers" in fault for fault in judged(kind, paper))


def test_an_unexpected_answer_is_found(kind):
    paper = good(kind)
    paper.raised(LOSER)
    assert any("was answered ServerUnavailable" in fault for fault in judged(kind, paper))


@pytest.mark.parametrize("kind", [KILLED, KILLED_WITHIN])
def test_a_value_that_did_not_come_back_is_found(kind):
    paper = good(kind)
    del paper.entries[-2:]
    assert any("did not have it back after try 1" in fault for fault in judged(kind, paper))


@pytest.mark.parametrize("kind", [KILLED, KILLED_WITHIN])
def test_a_value_that_another_had_after_the_kill_is_found(kind):
    paper = good(kind)
    del paper.entries[-2:]
    paper.got(LOSER)
    assert judged(kind, paper)


def test_a_strike_that_was_not_to_be_is_found():
    paper = good(PLAIN)
    paper.struck(WINNER)
    assert any("racers [2] were struck" in fault for fault in judged(PLAIN, paper))


def test_who_is_told_last_of_the_one_that_failed_is_found():
    paper = good(FAILED)
    paper.told(LOSER, WINNER)
    assert any("racer 3 was told last of" in fault for fault in judged(FAILED, paper))


def test_what_failed_and_nobody_got_then_is_found():
    paper = good(PLAIN)
    paper.struck(WINNER)
    assert any("racers [2] had the value" in fault for fault in judged(FAILED, paper))


def test_a_plan_has_as_many_rounds_as_asked_for_and_a_failing_holder_ends_each_run():
    runs = list(plan(50, seed=7))
    assert [len(run) for run in runs] == [20, 20, 10]
    assert all(run.index(FAILED) == len(run) - 1 for run in runs)
    assert {kind for run in runs for kind in run} == set(KINDS)
    assert runs == list(plan(50, seed=7)) != list(plan(50, seed=8))


def test_the_table_counts_winners_losers_and_who_came_back():
    kinds = [PLAIN, KILLED, KILLED, FAILED]
    entries = []
    for number, kind in enumerate(kinds):
        entries += [entry | {"round": number} for entry in good(kind).entries]
    *_, everything = table(rounds_of(RUN, kinds, RACERS, entries))
    assert everything == ("in all", 4, 5, 15, 2, 2)
