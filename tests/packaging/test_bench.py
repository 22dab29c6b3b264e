"""The benchmark measures what it says; in small, its figures mean nothing."""

import json

import pytest

from bench import imports, queued, replicated, throughput
from bench.record import record
from bench.row import Row
from bench.xcom import page
from bench.xcom.backends import DEFAULT, FILES, OBJECT_STORAGE
from bench.xcom.case import CASES, KB, Case
from bench.xcom.measured import Calls, Measured
from bench.xcom.tables import rows as xcom_rows

ROWS = {
    "throughput": lambda server, _: throughput.rows(server),
    "queued": lambda server, _: queued.rows(server),
    "replicated": lambda _, binary: replicated.rows(binary),
    "imports": lambda *_: imports.rows(1),
}


@pytest.mark.parametrize("part", ROWS)
def test_every_figure_is_there(server, client, request, monkeypatch, part):
    few = {1: 1_000, 100: 1_000}
    monkeypatch.setattr(throughput, "ITEMS", few)
    monkeypatch.setattr(replicated, "ITEMS", few)
    monkeypatch.setattr(throughput, "ROUNDS", 1)
    monkeypatch.setattr(replicated, "ROUNDS", 1)
    rows = ROWS[part](server, request.config.getoption("--server"))
    assert rows
    assert all(row.value > 0 for row in rows)
    client.flushall()


def test_a_measure_that_is_taken_anew_replaces_the_old_one_alone(tmp_path):
    results = tmp_path / "results.json"
    results.write_text("[]")
    record([Row("a", 1), Row("b", 2)], results)
    record([Row("b", 3)], results)
    assert [(row["measure"], row["value"]) for row in json.loads(results.read_text())] == [
        ("a", 1),
        ("b", 3),
    ]


LARGE = Case("rows", 100 * KB, 1)


def measured(backend, *, seconds=1.0, row=400.0, grown=0.0, case=LARGE):
    calls = [{"what": what, "index": 0, "seconds": seconds, "peak": 1} for what in ("push", "pull")]
    return Measured(backend, case, Calls(tuple(calls)), row, grown, 0.0)


def test_a_backend_that_is_slower_or_keeps_more_than_a_reference_misses_the_goal():
    backends = {OBJECT_STORAGE: 1.0, FILES: 1.1, DEFAULT: 1.0}
    found = [measured(name, seconds=took, row=100_000) for name, took in backends.items()]
    small = Case("rows", KB, 1)
    found.append(measured(FILES, row=100_000, case=small))
    missed = [row.measure for row in xcom_rows(found, [LARGE, small]) if row.met is False]
    assert missed == [
        "XCom, 100 KB of rows: a row holds, object storage (files), bytes",
        "XCom, 100 KB of rows: a row holds, ours (files), bytes",
        "XCom, 100 KB of rows: ours (files) against object storage (files)",
    ]


def test_backends_and_cases_without_a_figure_have_no_row():
    rows = xcom_rows([measured(FILES)], CASES)
    assert [row.met for row in rows] == []
    rows = xcom_rows([measured(FILES, case=CASES[1])], CASES)
    assert [row.met for row in rows] == [None, True, None]


def test_the_tables_of_the_page_are_replaced_and_its_prose_stays(tmp_path):
    path = tmp_path / "xcom.md"
    path.write_text("# A\n\n## Figures\n\nProse.\n\n## Limits\n\nFew.\n")
    for grown in (1000, 4000):
        page.write([measured(FILES, grown=grown), measured(DEFAULT, case=CASES[0])], path)
    text = path.read_text()
    assert text.startswith(
        "# A\n\n## Figures\n\nProse.\n\n| push + pull, ms | ours (files) | default |"
    )
    assert text.endswith("|\n\n## Limits\n\nFew.\n")
    assert "| 100 KB of rows | 4,000 | not done |" in text
    assert "1,000 + 1,000" in text
    assert "| 1,000 |" not in text
