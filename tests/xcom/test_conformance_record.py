"""The record of the long run says that RedisXCom differs where it is known to, and nowhere else."""

from __future__ import annotations

import pytest

from lab.conformance import table
from lab.conformance.backends import BACKENDS, DEFAULT
from lab.conformance.known import KNOWN
from lab.conformance.record import ABSENT, Record, differing


@pytest.fixture(scope="module")
def record():
    return Record.load()


def test_every_backend_was_run(record):
    assert [DEFAULT, *record.otherwise] == list(BACKENDS)
    assert len(record.default) > 400


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name.startswith("RedisXCom")])
def test_the_differences_are_the_known_ones(record, backend):
    assert record.otherwise[backend].keys() == KNOWN.keys()


def test_what_differs_what_is_missing_and_what_is_more_is_noticed():
    seen = {"same": "1", "other": "2", "more": "3"}
    default = {"same": "1", "other": "1", "missing": "1"}
    assert differing(default, seen) == {"other": "2", "missing": ABSENT, "more": "3"}


def test_every_case_belongs_to_a_feature(record):
    assert {case.partition("/")[0] for case in record.default} == set(table.FEATURES)


def test_the_page_shows_the_record(record):
    assert table.page_section().strip() == table.section(record).strip()
