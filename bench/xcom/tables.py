"""The figures, side by side for people and one by one for results.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import MARKDOWN
from rich.table import Table

from bench.row import Row
from bench.xcom.backends import DEFAULT, FILES, OBJECT_STORAGE, THRESHOLD
from bench.xcom.case import Case
from bench.xcom.measured import Measured

LONGEST_REFERENCE = 1024
"""Bytes: a row that holds more holds more than a reference."""


def table(found: Iterable[Measured]) -> Table:
    heads = (
        "",
        "",
        "push ms",
        "pull ms",
        "both, first in task",
        "row",
        "database",
        "store",
        "peak MB",
    )
    shown = Table(*heads, box=MARKDOWN)
    for one in found:
        times = (*one.push_and_pull, one.first_ms)
        sizes = (one.row, one.grown, one.stored, one.peak_mb)
        shown.add_row(
            one.case.name,
            one.backend,
            *(f"{time:,.1f}" for time in times),
            *(f"{size:,.0f}" for size in sizes),
        )
    return shown


def rows(found: Sequence[Measured], cases: Iterable[Case]) -> list[Row]:
    """Return each case's times and growths, and ours beside the object storage's.

    A backend that was not done in time has no row.
    """
    return [row for case in cases for row in _of_case(case, found)]


def _of_case(case: Case, found: Sequence[Measured]) -> list[Row]:
    by_name = {one.backend: one for one in found if one.case == case}
    title = f"XCom, {case.name}"
    times = [Row(f"{title}: push and pull, {one.backend}, ms", one.ms) for one in by_name.values()]
    sizes = [size for one in by_name.values() for size in _sizes(title, one)]
    ratios = []
    if {FILES, OBJECT_STORAGE} <= by_name.keys():
        ratio = by_name[FILES].ms / by_name[OBJECT_STORAGE].ms
        ratios = [Row(f"{title}: {FILES} against {OBJECT_STORAGE}", ratio, 1.0, at_most=True)]
    return [*times, *sizes, *ratios]


def _sizes(title: str, one: Measured) -> list[Row]:
    goal = LONGEST_REFERENCE if one.backend != DEFAULT and one.case.bytes > int(THRESHOLD) else None
    return [
        Row(f"{title}: a row holds, {one.backend}, bytes", one.row, goal, at_most=True),
        Row(f"{title}: the database grows by, {one.backend}, bytes", one.grown),
    ]
