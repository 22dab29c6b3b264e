"""The benchmark of backends measures what it says; in small, its times mean nothing."""

from __future__ import annotations

import pytest

from bench.xcom.backends import FILES, Backend, in_files
from bench.xcom.case import Case
from bench.xcom.measure import Bench
from bench.xcom.tables import rows, table

LARGE = Case("rows", 100_000, 10)
SMALL = Case("rows", 190, 100)
"""Less than this Airflow's threshold."""


@pytest.fixture(scope="module")
def measured(airflow, store):
    bench = Bench(airflow, Backend(FILES, stored=lambda: in_files(store)))
    return {case: bench.measure(case) for case in (LARGE, SMALL)}


def test_of_a_large_value_the_database_holds_the_reference_only(measured):
    large = measured[LARGE]
    assert large.stored > 90_000
    (held,) = (row for row in rows([large], [LARGE]) if "holds" in row.measure)
    assert held.met, held
    assert held.value > 300


def test_what_the_database_takes_is_noticed(measured):
    assert measured[SMALL].row > 150
    assert measured[SMALL].grown > 150
    assert measured[SMALL].stored < 100


def test_each_call_is_noted(measured):
    for case, one in measured.items():
        assert len(one.calls.notes) == 2 * case.values
        assert min(one.ms, one.first_ms, one.peak_mb) > 0
        assert case.name in str([column._cells for column in table([one]).columns])
