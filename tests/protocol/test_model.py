"""Two workers and two items: what `make model` proves, small enough for every day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.protocol.__main__ import main, search_all, story
from lab.protocol.cases import NAIVE, REAL, SMALL
from lab.protocol.search import ENDS, PROPERTIES, Found, MissingTool, Search

EVERY = {case.search.name: case for case in (*SMALL, *NAIVE)}
SOME = SMALL[0]


@pytest.fixture(scope="module")
def found(request):
    """Every search that was asked for: two at a time, done once."""
    asked = [item.callspec.params["name"] for item in request.session.items if is_ours(item)]
    results = search_all([EVERY[name] for name in asked], quick=True)
    return {case.search.name: result for case, result in results}


def is_ours(item):
    return item.originalname == test_the_protocol_holds_and_a_naive_one_breaks.__name__


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", EVERY)
def test_the_protocol_holds_and_a_naive_one_breaks(found, name):
    assert EVERY[name].complaint(found[name]) == "", found[name].words
    assert bool(story(found[name])) == EVERY[name].search.shortest


def test_each_property_is_broken_by_a_naive_protocol():
    """What no protocol breaks may be a property that nothing can break."""
    assert {case.breaks for case in NAIVE} == {*PROPERTIES, ENDS}


def test_three_workers_are_searched_for_every_property():
    large = [case.search for case in REAL if case.search.switches.get("WORKERS", 3) == 3]
    assert any(not search.properties for search in large)
    assert any(search.lively for search in large)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("State-vector 9 byte, depth reached 7, errors: 0\n 5 states, stored", ""),
        ("Warning: Search not completed\n errors: 0\n 5 states, stored", "NOT COMPLETED"),
        ("error: max search depth too small\n errors: 0", "NOT COMPLETED"),
        ("pan: reached -DMEMLIM bound\npan: out of memory\n errors: 0", "NOT COMPLETED"),
        ("", "NOT COMPLETED"),
        ("pan:1: assertion violated ( !((1023&16))||(a==b)) (at depth 3)", "BREAKS FENCED"),
        ("pan:1: acceptance cycle (at depth 9)\n errors: 1", "BREAKS EVERY_ITEM_ENDS"),
        ("pan:1: assertion violated (fresh<31) (at depth 3)\n errors: 1", "NOT COMPLETED"),
    ],
)
def test_a_search_that_saw_less_than_all_proves_nothing(words, why):
    complaint = SOME.complaint(Found(SOME.search, 0.1, words))
    assert complaint.startswith(why)
    assert bool(complaint) == bool(why)


def test_a_naive_protocol_must_break_what_it_names():
    naive = next(case for case in NAIVE if case.breaks == "FENCED")
    other = Found(naive.search, 0.1, "assertion violated ( !((8&8))||(a==b))")
    assert naive.complaint(other) == "BREAKS TOLD_TRUE"
    assert naive.complaint(Found(naive.search, 0.1, "errors: 0")) == "BREAKS NOTHING"


def test_a_bound_too_small_for_the_model_is_seen(monkeypatch):
    monkeypatch.setattr("lab.protocol.search.SAFE", (("-O0", "-DSAFETY", "-DNOREDUCE"), ("-m20",)))
    assert SOME.complaint(SOME.search.run()).startswith("NOT COMPLETED")


def test_the_way_to_a_violation_is_told_as_a_story():
    lines = (
        "all 2 are pushed",
        "worker 0 does not hear",
        "request 2 0 1 31 0 1 0 0 0",
        "reply 1 1 0 0",
        "ready 2 0",
        "place 0 1 0 1 0",
        "lapse 0",
    )
    told = story(Found(SOME.search, 0.1, "", list(lines)))
    assert [line.strip() for line in told.splitlines()] == [
        "all 2 are pushed",
        "worker 0 does not hear: claim 1 as try 1 → done",
        "lapse 0",
    ]


def test_a_missing_tool_is_told_with_its_remedy(monkeypatch, capsys):
    monkeypatch.setattr("lab.protocol.search.shutil.which", lambda _: None)
    assert main(["--small"]) == 2
    assert capsys.readouterr().err.strip().endswith("apt-get install spin gcc libc6-dev")
    with pytest.raises(MissingTool):
        replace(SOME.search).run()


def test_properties_are_counted_in_bits():
    assert sorted(PROPERTIES.values()) == [1 << n for n in range(len(PROPERTIES))]
    assert Search("", {}, ("FENCED", "TOLD_TRUE")).options == ["-DPROPERTIES=24"]
