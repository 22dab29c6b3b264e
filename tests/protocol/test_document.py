"""docs/protocol.md names every script, function and transition: a new one needs its place there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.protocol.cases import NAIVE
from lab.protocol.search import ENDS, MODEL, PROPERTIES

ROOT = Path(__file__).parents[2]
LUA = ROOT / "redis_xcom" / "lua"
NAMED = set(re.findall(r"`([\w./]+)`", (ROOT / "docs" / "protocol.md").read_text("utf-8")))
ROWS = (ROOT / "docs" / "protocol.md").read_text("utf-8").splitlines()


def off(case):
    """The rule that a naive protocol goes without."""
    return [rule for rule, value in case.search.switches.items() if value is None]


def model():
    return "\n".join(file.read_text("utf-8") for file in sorted(MODEL.parent.glob("*.pml")))


@pytest.mark.parametrize("script", sorted(LUA.rglob("*.lua")), ids=lambda script: script.name)
def test_every_script_and_its_functions_have_a_row(script):
    name = script.relative_to(LUA).as_posix()
    (row,) = [row for row in ROWS if row.startswith("| `") and f"`{name}`" in row.split("|")[1]]
    functions = re.findall(r"local function (\w+)", script.read_text("utf-8"))
    assert functions or "–" in row
    assert [function for function in functions if f"`{function}`" not in row] == []


def test_every_transition_of_the_model_is_explained():
    made = set(re.findall(r"^(?:inline|active .*proctype) (\w+)", model(), re.MULTILINE))
    assert len(made) > 50
    assert made - NAMED == set()


def test_every_transition_that_a_row_names_is_in_the_model():
    rows = [row.split("|")[3] for row in ROWS if row.startswith("| `") and ".lua`" in row]
    said = {name for row in rows for name in re.findall(r"`(\w+)`", row)} - {"older"}
    known = set(re.findall(r"\w+", model()))
    assert said - known == set()


def test_every_property_and_every_naive_protocol_is_told():
    rules = [rule for case in NAIVE for rule in off(case)]
    assert len(set(rules)) == len(NAIVE)
    assert [rule for rule in rules if f"#ifdef {rule}\n" not in model()] == []
    assert set(rules) - NAMED == set()
    assert {*PROPERTIES, ENDS} - NAMED == set()


def test_each_story_names_the_property_that_breaks():
    for case in NAIVE:
        (rule,) = off(case)
        (row,) = [row for row in ROWS if row.startswith(f"| `{rule}`")]
        assert row.split("|")[2].strip() == f"`{case.breaks}`"
