"""Commands that claim and settle by hand, one invocation at a time."""

from __future__ import annotations

import getpass
import socket
from datetime import timedelta
from typing import Any

import click

from redis_xcom.claimant import check_words
from redis_xcom.cli.items import item_row
from redis_xcom.cli.options import Command, duration, limit, on_keys, on_queue
from redis_xcom.cli.view import View
from redis_xcom.errors import ClaimLost
from redis_xcom.keys import Keys
from redis_xcom.queue import Queue
from redis_xcom.scripts import Scripts
from redis_xcom.units import milliseconds

MAX_DELIVERIES = 10
"""As that of a `Queue` which is told nothing else."""


def _me() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()


def _generation(command: Command) -> Command:
    """Add what names a claim that was made before."""
    claim_id = click.option("--claim-id", default=_me, help="As it was claimed; by default you.")
    number = click.option("--generation", type=int, required=True, help="As `claim` printed it.")
    return claim_id(number(command))


@click.command()
@on_queue
@limit(1)
@click.option("--lease", type=duration, default="5m", show_default=True, help="How long it lasts.")
@click.option("--claim-id", default=_me, help="Who claims; by default you, at this host.")
def claim(queue: Queue, view: View, limit: int, lease: timedelta, claim_id: str) -> None:
    """Claim items and show them. Settle them with ack, release or reject before the lease ends.

    Nothing renews the lease. The same claim id gets the same items again.
    """
    claimed = queue.claim(limit, lease=lease, claim_id=claim_id)
    rows = [{"generation": claimed.generation, **item_row(item)} for item in claimed.items]
    view.rows(rows, nothing="paused" if claimed.paused else "nothing to claim")


@click.command()
@on_keys
@_generation
def ack(**given: Any) -> None:
    """What is still held is done and gone."""
    _settle("ack", **given)


@click.command()
@on_keys
@_generation
@click.option("--delay", type=duration, default="0s", help="Nobody can claim it before that.")
@click.option("--reason", help="Why; counts as a failure.")
def release(delay: timedelta, reason: str | None, **given: Any) -> None:
    """Put what is still held back into the queue."""
    given |= {"failed": reason is not None, "reason": reason or "released"}
    _settle("release", **given, delay_ms=milliseconds(delay, "delay"))


@click.command()
@on_keys
@_generation
@click.option("--reason", required=True, help="Kept with the dead letter.")
def reject(reason: str, **given: Any) -> None:
    """Move what is still held to the dead letters."""
    _settle("reject", **given, reason=reason)


def _settle(
    action: str,
    *,
    client: Any,
    keys: Keys,
    view: View,
    claim_id: str,
    generation: int,
    **how: Any,
) -> None:
    settled = Scripts(client, keys).settle(
        check_words(claim_id, "claim_id"),
        generation=generation,
        action=action,
        places=None,
        max_deliveries=MAX_DELIVERIES,
        **how,
    )
    if settled.lost:
        raise ClaimLost(
            f"queue {keys.name!r}: {claim_id} holds nothing of generation {generation}: it was "
            "settled otherwise, given to others, or never claimed",
            queue=keys.name,
            claim_id=claim_id,
            generation=generation,
        )
    view.told(
        f"{action}: {settled.done}, done already {settled.already}",
        queue=keys.name,
        done=settled.done,
        already=settled.already,
    )


COMMANDS = (claim, ack, release, reject)
