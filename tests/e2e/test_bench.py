"""The benchmark inside Airflow measures what it says; in small, its figures mean nothing."""

from __future__ import annotations

from bench.airflow import measure


def test_every_figure_is_there(airflow, client, monkeypatch):
    monkeypatch.setattr(measure, "ROUNDS", 1)
    rows = measure.rows(airflow.api, client, drained=400, mapped=2)
    assert len(rows) == 6
    assert all(row.value > 0 for row in rows)
