"""The command that removes values which no XCom refers to; it alone needs Airflow."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from redis_xcom.cli.options import duration
from redis_xcom.cli.view import Row, View
from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.gc import Sweep

MISSING_AIRFLOW = (
    "gc needs Airflow and its metadata database: run it where `airflow db check` succeeds, with "
    "redis-xcom[airflow,cli] installed there"
)
TOLD_OF_KEYS = "keys of claims and handles that never end"


@click.command()
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option("--delete", is_flag=True, help="Remove what is orphaned or expired.")
@click.option(
    "--grace",
    type=duration,
    default="1h",
    show_default=True,
    help="What is younger may still get its row; what expired is kept for as long, too.",
)
@click.option(
    "--all", "certain", is_flag=True, help="Remove orphans where no row refers to anything, too."
)
@click.option("--no-keys", is_flag=True, help="Leave out the keys of claims and handles.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def gc(
    urls: Sequence[str],
    *,
    delete: bool,
    grace: timedelta,
    certain: bool,
    no_keys: bool,
    as_json: bool,
) -> int:
    """Show what lies in the stores of XComs, and with --delete remove what no XCom refers to.

    The stores are those that Airflow's configuration names, and those at each URL: one that only
    a task's own keep() names has to be given. Runs where `airflow db` commands run. The keys of
    claims and handles end by themselves; one that does not is given an end.
    """
    view = _Apart(View(as_json=as_json))
    with _in_airflow():
        failures = _sweep(view, urls, delete=delete, grace=grace, certain=certain)
        failures += [] if no_keys else _keys(view, delete=delete)
    for failure in failures:
        click.echo(f"Not done: {failure}", err=True)
    return int(bool(failures))


class _Apart:
    """A view that goes on where standard output was before Airflow was told to leave it alone."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._out = sys.stdout

    def rows(self, rows: Sequence[Row], *, nothing: str) -> None:
        with redirect_stdout(self._out):
            self._view.rows(rows, nothing=nothing)

    def told(self, sentence: str, **facts: Any) -> None:
        with redirect_stdout(self._out):
            self._view.told(sentence, **facts)


@contextmanager
def _in_airflow() -> Iterator[None]:
    """Some versions of Airflow log to standard output what has no place among the figures."""
    try:
        with redirect_stdout(sys.stderr):
            from redis_xcom.airflow.compat import see_database

            see_database()
            yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "airflow":
            raise
        raise click.UsageError(MISSING_AIRFLOW) from None


def _sweep(
    view: _Apart, urls: Sequence[str], *, delete: bool, grace: timedelta, certain: bool
) -> list[str]:
    """Return what failed. Whatever ends a sweep, what was done by then is told."""
    from redis_xcom.airflow.xcom.gc import Sweep
    from redis_xcom.airflow.xcom.ledger import Ledger
    from redis_xcom.airflow.xcom.settings import configured_stores

    with Ledger() as ledger:
        sweep = Sweep(ledger, [*configured_stores(), *urls], grace=grace, certain=certain)
        sweep.look()
        try:
            if delete:
                sweep.delete()
        finally:
            _show(view, sweep)
        return sweep.failures()


def _show(view: _Apart, sweep: Sweep) -> None:
    view.rows([asdict(count) for count in sweep.counts()], nothing="no store")


def _keys(view: _Apart, *, delete: bool) -> list[str]:
    from redis_xcom.airflow.compat import no_such_connection
    from redis_xcom.airflow.xcom.lasting import Lasting

    lasting = Lasting()
    try:
        found = lasting.end() if delete else lasting.count()
    except no_such_connection():
        click.echo(f"There is no connection {lasting.conn_id!r}: no claims, no handles", err=True)
        return []
    except RedisXComError as error:
        return [f"{TOLD_OF_KEYS}, connection {lasting.conn_id!r}: {error}"]
    view.told(f"{TOLD_OF_KEYS}: {found}", keys_without_end=found, given_an_end=found * delete)
    return []


COMMANDS = (gc,)
