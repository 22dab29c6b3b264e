"""The benchmark measures what it says; in small, its figures mean nothing."""

import json

import pytest

from bench import imports, queued, replicated, throughput
from bench.record import record
from bench.row import Row

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
