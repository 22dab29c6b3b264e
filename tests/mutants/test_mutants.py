"""Each safety rule is taken out of the source in turn: the tests that guard it must fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import redis_xcom

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = Path(redis_xcom.__file__).parent
ALIVE = "tests/core/test_push.py::test_items_come_out_in_the_order_they_were_pushed"

MUTANTS = {
    mutant["rule"]: mutant
    for mutant in tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
}


def fits(mutant):
    source = (PACKAGE / mutant["file"]).read_text(encoding="utf-8")
    return source.count(mutant["old"]) == 1


def mutate(mutant, folder):
    """Copy the package into a folder, with the rule taken out."""
    shutil.copytree(PACKAGE, folder / "redis_xcom")
    path = folder / "redis_xcom" / mutant["file"]
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace(mutant["old"], mutant["new"]), encoding="utf-8")


def make_job(mutant, folder, server):
    """The tests that must notice, and one that any queue passes which works at all."""
    mutate(mutant, folder)
    tests = [f"tests/{name}" for name in mutant["caught_by"]]
    options = ["-q", "-rfEp", "--tb=no", "--no-header", "--timeout=30", "--server", server]
    plugins = ["-p", "no:randomly", "-p", "no:cacheprovider", "-o", f"pythonpath={folder} {ROOT}"]
    return {
        "arguments": [*options, *plugins, ALIVE, *tests],
        "output": str(folder / "output.txt"),
    }


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """Exit code and output of the run of each mutant that was asked for."""
    asked = [item.callspec.params["rule"] for item in request.session.items if is_ours(item)]
    chosen = [rule for rule in asked if fits(MUTANTS[rule])]
    server = request.config.getoption("--server")
    jobs = [make_job(MUTANTS[r], tmp_path_factory.mktemp("mutant"), server) for r in chosen]
    command = [sys.executable, str(HERE / "zygote.py")]
    told = subprocess.run(
        command, input=json.dumps(jobs), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    outputs = [Path(job["output"]).read_text(encoding="utf-8") for job in jobs]
    return dict(zip(chosen, zip(json.loads(told.stdout), outputs, strict=True), strict=True))


def is_ours(item):
    return item.originalname == test_a_missing_rule_is_noticed.__name__


@pytest.mark.timeout(240)
@pytest.mark.parametrize("rule", MUTANTS)
def test_a_missing_rule_is_noticed(runs, rule):
    assert rule in runs, f"{MUTANTS[rule]['file']} does not hold this once: {MUTANTS[rule]['old']}"
    code, told = runs[rule]
    assert code == 1, told
    assert f"PASSED {ALIVE}" in told, "the mutant does not live"
    assert "ServerError" not in told, "the mutant is no working script"
    for name in MUTANTS[rule]["caught_by"]:
        assert re.search(rf"^FAILED tests/{re.escape(name)}\b", told, re.MULTILINE), told


def test_every_rule_is_named_once():
    text = (HERE / "mutants.toml").read_text(encoding="utf-8")
    assert text.count("[[mutant]]") == len(MUTANTS)
