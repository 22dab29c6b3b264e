"""What a command prints: a table for people, plain columns for a pipe, JSON on demand."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from redis_xcom.wording import span

Row = Mapping[str, Any]
PAYLOAD = "payload"
NOTHING = "–"


@dataclass(frozen=True)
class View:
    """Where results go; one for each command that runs."""

    as_json: bool = False

    def rows(self, rows: Sequence[Row], *, nothing: str = "nothing") -> None:
        """Print rows that have the same names: as a table, or a JSON object a line."""
        if self.as_json:
            for row in rows:
                self._json(row)
        elif not rows:
            click.echo(nothing)
        elif sys.stdout.isatty():
            _table(rows)
        else:
            _columns(rows)

    def told(self, sentence: str, **facts: Any) -> None:
        """Print one fact: as a sentence, or as a JSON object."""
        if self.as_json:
            self._json(facts)
        else:
            click.echo(sentence)

    def _json(self, row: Row) -> None:
        click.echo(json.dumps(row, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cells(row: Row) -> list[str]:
    return [
        _printable(json.dumps(value, ensure_ascii=False) if name == PAYLOAD else _cell(value))
        for name, value in row.items()
    ]


def _cell(value: object) -> str:
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if value is None or isinstance(value, str):
        return value or NOTHING
    return json.dumps(value, ensure_ascii=False)


def _printable(text: str) -> str:
    """What strangers wrote cannot command a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _columns(rows: Sequence[Row]) -> None:
    cells = [list(rows[0]), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _table(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int) and not isinstance(value, bool)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    Console().print(table)
