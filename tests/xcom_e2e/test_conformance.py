"""Tasks and the API see with RedisXCom what they see with Airflow's own backend, case by case."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from lab.airflow_rows import xcom_rows
from lab.airflow_run import Run
from lab.conformance.backends import EXAMPLES, OURS_ON_FILES, QUICK, Files
from lab.conformance.observing import RUN, Observer
from lab.conformance.record import Record, differing
from lab.conformance.table import FEATURES

pytestmark = pytest.mark.timeout(600)
DAGS = [dag_id for name in QUICK for dag_id in EXAMPLES[name]]
LEFT_OUT = {f"examples/{dag_id}." for ids in EXAMPLES.values() for dag_id in ids} - {
    f"examples/{dag_id}." for dag_id in DAGS
}


@pytest.fixture(scope="module")
def seen(airflow, store, notes):
    files = Files(store)
    return Observer(airflow, notes, files.url, files.vanish, DAGS).observe()


@pytest.fixture(scope="module")
def expected():
    record = Record.load()
    assert record.airflow == version("apache-airflow"), "record anew: make conformance"
    return {
        case: saw
        for case, saw in record.seen(OURS_ON_FILES).items()
        if not case.startswith(tuple(LEFT_OUT))
    }


@pytest.mark.parametrize("feature", FEATURES)
def test_it_is_as_with_airflows_own_backend(seen, expected, feature):
    """But for what is known to differ, which stands beside the default's in the record."""

    def of(cases):
        return {case: saw for case, saw in cases.items() if case.startswith(f"{feature}/")}

    assert len(of(expected)) > 3
    assert differing(of(expected), of(seen)) == {}


def test_nothing_is_left_of_a_try_that_has_failed(seen, airflow, store):
    """Each object of the run is one that a row refers to."""
    rows = xcom_rows(Run(airflow, "conformance_life", RUN))
    referred = [row["__data__"]["uri"] for row in rows]
    there = [f"file://{path}" for path in (store / "conformance_life").rglob("*.json")]
    assert len(there) > 4
    assert sorted(there) == sorted(referred)
