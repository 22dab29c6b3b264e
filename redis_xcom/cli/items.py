"""Commands on items that lie in a queue."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click
import msgspec

from redis_xcom.cli.options import bound, duration, limit, on_queue
from redis_xcom.cli.view import View
from redis_xcom.errors import BadPayload
from redis_xcom.item import DeadItem, Item
from redis_xcom.queue import Queue


@click.command()
@on_queue
@click.argument("payloads", nargs=-1)
@click.option("--push-id", help="The same id again adds only what is missing.")
@click.option("--delay", type=duration, help="Nobody can claim the items before that.")
@click.option("--max-length", type=int, help="Add nothing where the queue would get longer.")
@click.option("--ordering-key", help="Of one key one item at a time is handed out, in order.")
@click.option("--by", help="Who pushes, kept with each item.")
def push(
    queue: Queue, view: View, payloads: Sequence[str], ordering_key: str | None, **options: Any
) -> None:
    """Push each of PAYLOADS, or each line of standard input, as one item of JSON."""
    lines: Iterable[str | bytes] = payloads or sys.stdin.buffer
    decoded = list(_decoded(lines))
    keys = None if ordering_key is None else [ordering_key] * len(decoded)
    result = queue.push_many(decoded, ordering_keys=keys, **options)
    view.told(
        f"pushed {result.pushed}, there already {result.repeated}",
        queue=queue.name,
        pushed=result.pushed,
        repeated=result.repeated,
    )


@click.command()
@on_queue
@limit(10)
def peek(queue: Queue, view: View, limit: int) -> None:
    """Show the first items, which stay where they are."""
    view.rows([item_row(item) for item in queue.peek(limit)], nothing="nothing is ready")


@click.command()
@on_queue
@limit(10)
def dead(queue: Queue, view: View, limit: int) -> None:
    """Show the dead letters, those that died first in front."""
    view.rows([_letter(letter) for letter in queue.dead(limit)], nothing="no dead letters")


@click.command()
@on_queue
@click.argument("ids", nargs=-1)
@limit(None)
def redrive(queue: Queue, view: View, ids: Sequence[str], limit: int | None) -> None:
    """Put dead letters back to the end of the queue: those of IDS, or all."""
    redriven = queue.redrive(list(ids) or None, limit=limit)
    view.told(f"redriven {redriven}", queue=queue.name, redriven=redriven)


@click.command()
@on_queue
def pause(queue: Queue, view: View) -> None:
    """Hand out nothing until `resume`; what is claimed can be settled as ever."""
    queue.pause()
    view.told("paused", queue=queue.name, paused=True)


@click.command()
@on_queue
def resume(queue: Queue, view: View) -> None:
    """Hand out items again."""
    queue.resume()
    view.told("resumed", queue=queue.name, paused=False)


@click.command("limit")
@on_queue
@click.option("--max-claimed", type=bound, required=True, help="A number, or none.")
def limit_(queue: Queue, view: View, *, max_claimed: int | None) -> None:
    """Have at most so many items claimed at a time, by all claimants together."""
    queue.limit(max_claimed=max_claimed)
    most = "any number" if max_claimed is None else f"at most {max_claimed}"
    view.told(f"{most} may be claimed", queue=queue.name, max_claimed=max_claimed)


@click.command()
@on_queue
@click.option("--dead", is_flag=True, help="The dead letters too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(queue: Queue, view: View, *, dead: bool, yes: bool) -> None:
    """Delete what waits; what is claimed stays with its claimants."""
    if not yes:
        stats = queue.stats()
        behind = f", {stats.waiting} behind others of their key" if stats.waiting else ""
        what = f"{stats.ready} ready and {stats.delayed} delayed items{behind}"
        what += f" and {stats.dead} dead letters" if dead else ""
        click.confirm(f"Delete {what} of {queue.name}?", abort=True, err=True)
    purged = queue.purge(dead=dead)
    view.told(f"purged {purged}", queue=queue.name, purged=purged)


def item_row(item: Item) -> dict[str, Any]:
    """What is to be seen of an item."""
    return {
        "id": item.id,
        "pushed": item.pushed_at,
        "key": item.ordering_key,
        "by": item.by,
        "deliveries": item.deliveries,
        "failures": item.failures,
        "payload": item.payload,
    }


def _letter(letter: DeadItem) -> dict[str, Any]:
    return {
        "id": letter.id,
        "died": letter.died_at,
        "owner": letter.owner,
        "reason": letter.reason,
        "payload": letter.item.payload if letter.item else letter.raw.decode(errors="replace"),
    }


def _decoded(lines: Iterable[str | bytes]) -> Iterator[Any]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _payload(line, number)


def _payload(line: str | bytes, number: int) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadPayload(f"payload {number} is not JSON: {error}") from None


COMMANDS = (push, peek, dead, redrive, pause, resume, limit_, purge)
