"""What many commands have in common: a queue, its server, how to speak."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import click

from redis_xcom.cli.view import View
from redis_xcom.connect import connect
from redis_xcom.embedded import URL_VARIABLE
from redis_xcom.keys import Keys
from redis_xcom.queue import Queue
from redis_xcom.wording import shown

Command = Callable[..., Any]

SPAN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|)")
UNITS = {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> timedelta:
    """Read 30s, 5m, 2h, 1d or 500ms; a bare number is seconds."""
    if (found := SPAN.fullmatch(text)) is None:
        raise click.BadParameter(f"{shown(text)} is no duration: 30s, 5m, 2h, 1d or 500ms")
    try:
        return timedelta(seconds=float(found[1]) * UNITS[found[2]])
    except OverflowError:
        raise click.BadParameter(f"{text} is too long") from None


def bound(text: str) -> int | None:
    """Read a number, or none."""
    if text == "none":
        return None
    if not text.isdecimal():
        raise click.BadParameter(f"{shown(text)} is neither a number nor none")
    return int(text)


def on_server(command: Command) -> Command:
    """Give a command `client`, `prefix` and `view`."""

    @click.option(
        "--url", envvar=URL_VARIABLE, required=True, help="redis://host:port/db", show_envvar=True
    )
    @click.option("--prefix", default="xcom", show_default=True, help="What the keys begin with.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @functools.wraps(command)
    def with_client(*, url: str, as_json: bool, **options: Any) -> Any:
        with closing(connect(url)) as client:
            return command(client=client, view=View(as_json=as_json), **options)

    return with_client


def on_keys(command: Command) -> Command:
    """Give a command `client`, `keys` and `view`."""

    @click.argument("name", metavar="QUEUE")
    @click.option("--tag", help="Hash tag that the queue shares with others.")
    @on_server
    @functools.wraps(command)
    def with_keys(*, name: str, prefix: str, tag: str | None, **options: Any) -> Any:
        return command(keys=Keys(name, prefix, tag), **options)

    return with_keys


def on_queue(command: Command) -> Command:
    """Give a command `queue` and `view`."""

    @on_keys
    @functools.wraps(command)
    def with_queue(*, client: Any, keys: Keys, **options: Any) -> Any:
        return command(queue=queue_of(keys, client), **options)

    return with_queue


def queue_of(keys: Keys, client: Any) -> Queue:
    return Queue(keys.name, client=client, prefix=keys.prefix, tag=keys.tag)


def limit(default: int | None) -> Callable[[Command], Command]:
    """Add an option `--limit`."""
    how = "At most so many." if default is not None else "At most so many; all by default."
    return click.option("--limit", type=int, default=default, show_default=True, help=how)
