"""The benchmark measures what it says; in small, its figures mean nothing."""

import pytest

from bench import queued, replicated, throughput

ROWS = {
    "throughput": lambda server, _: throughput.rows(server),
    "queued": lambda server, _: queued.rows(server),
    "replicated": lambda _, binary: replicated.rows(binary),
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
