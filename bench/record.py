"""Where the figures are kept: one row a measure, each from the run that took it last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from bench.row import Row

if TYPE_CHECKING:
    from rich.console import Console

RESULTS = Path(__file__).with_name("results.json")


def record(rows: Sequence[Row], results: Path = RESULTS) -> None:
    """Write the rows in place of those of the same measures; the others stay."""
    known = {row["measure"]: row for row in json.loads(results.read_text())}
    known |= {row.measure: row.as_json() for row in rows}
    results.write_text(json.dumps(list(known.values()), indent=2) + "\n")


def show(rows: Sequence[Row], console: Console) -> None:
    table = Table("measure", "value", "goal", "met")
    for row in rows:
        table.add_row(row.measure, row.shown(), row.aim(), {True: "yes", False: "no"}.get(row.met))
    console.print(table)
