"""The page of figures: made of what the runs left, a section each, none with a violation."""

from __future__ import annotations

import json

import pytest

from lab import report
from lab.report import Figures

KEPT = sorted(report.FOLDER.glob("*.json"))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FOLDER", tmp_path / "reliability")
    monkeypatch.setattr(report, "PAGE", tmp_path / "reliability.md")
    return tmp_path


def figures(seed, **more):
    table = [["what", "how often"], ["items acked", 12_345]]
    return Figures(
        title="The storm",
        command="make chaos",
        seed=seed,
        server="valkey 9.1.2",
        seconds=300.4,
        table=table,
        violations=0,
        summary="1,000 events",
        **more,
    )


def test_a_run_is_a_section_with_its_command_seed_versions_and_table(elsewhere):
    figures(7, notes=["What it proves."]).save("storm-valkey")
    page = report.PAGE.read_text()
    assert "## The storm, valkey 9.1.2" in page
    assert "`make chaos` · valkey 9.1.2 · Python" in page
    assert "seed 7 · 300 s" in page
    assert "| items acked | 12,345 |" in page
    assert "What it proves." in page


def test_other_seeds_stay_and_a_repeated_one_stands_once(elsewhere):
    for seed in (1, 2, 2):
        figures(seed).save("storm-valkey")
    page = report.PAGE.read_text()
    assert "Other seeds: seed 1: 1,000 events, **0 violations**." in page
    runs = json.loads((report.FOLDER / "storm-valkey.json").read_text())["runs"]
    assert [run["seed"] for run in runs] == [1, 2]


def test_the_page_is_what_the_kept_figures_make_of_it(elsewhere):
    kept = {file.name: file.read_text() for file in KEPT}
    page = (KEPT[0].parent.parent / "reliability.md").read_text()
    report.FOLDER.mkdir()
    for name, text in kept.items():
        (report.FOLDER / name).write_text(text)
    report.write_page()
    assert report.PAGE.read_text() == page


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_no_kept_run_has_a_violation(file):
    assert json.loads(file.read_text())["violations"] == 0
