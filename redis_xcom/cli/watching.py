"""Commands that show how queues are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from redis_xcom.cli.options import duration, on_server, queue_of
from redis_xcom.cli.view import View
from redis_xcom.keys import Keys
from redis_xcom.queue import Queue
from redis_xcom.survey import find_queues

SHOWN = (
    "ready", "waiting", "claimed", "max_claimed", "claims", "delayed", "dead", "paused", "oldest",
)  # fmt: skip
NONE = "no queues"


@click.command()
@on_server
@click.argument("names", metavar="[QUEUE]...", nargs=-1)
@click.option("--tag", help="Hash tag that the named queues share.")
def stats(view: View, **which: Any) -> None:
    """Show how many items are where; of every queue on the server, unless some are named."""
    view.rows(_rows(view=view, **which), nothing=NONE)


@click.command()
@on_server
@click.argument("names", metavar="[QUEUE]...", nargs=-1)
@click.option("--tag", help="Hash tag that the named queues share.")
@click.option("--every", type=duration, default="2s", show_default=True, help="How often.")
@click.option("--times", type=int, help="End after so many; never by default.")
def watch(view: View, every: timedelta, times: int | None, **which: Any) -> None:
    """Show `stats` again and again, until interrupted."""
    shown = 0
    while times is None or shown < times:
        if shown:
            time.sleep(every.total_seconds())
        rows = _rows(view=view, **which)
        if not view.as_json:
            click.clear()  # does nothing in a pipe
        view.rows(rows, nothing=NONE)
        shown += 1


def _rows(
    *, client: Any, view: View, prefix: str, names: Sequence[str], tag: str | None
) -> list[dict[str, Any]]:
    if names:
        queues = [Keys(name, prefix, tag) for name in names]
    else:
        queues = find_queues(client, f"{prefix}:{{*}}:*").queues
    return [_row(queue_of(keys, client), everything=view.as_json) for keys in queues]


def _row(queue: Queue, *, everything: bool) -> dict[str, Any]:
    told = asdict(queue.stats())
    known = told if everything else {name: told[name] for name in SHOWN}
    return {"queue": queue.name, "tag": queue.keys.tag, **known}


COMMANDS = (stats, watch)
