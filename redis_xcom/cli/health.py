"""The command that looks for what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from redis_xcom.cli.options import on_server
from redis_xcom.cli.view import View
from redis_xcom.doctor import Ailment, examine_queue, examine_server, examine_strays, free, restore
from redis_xcom.keys import check_name
from redis_xcom.scripts import Scripts
from redis_xcom.survey import find_queues


@click.command()
@on_server
@click.option(
    "--fix", is_flag=True, help="Put back what is in nobody's hands, free keys that stand still."
)
def doctor(client: Any, view: View, prefix: str, *, fix: bool) -> int:
    """Tell what is wrong with the server or its queues; exit code 1 when something is.

    Looks at the server's version, its maxmemory-policy and persistence, and in each queue at keys
    of a wrong type, claims, leases, items and turns that do not fit together. Writes only with
    --fix.
    """
    found = list(_examine(client, check_name(prefix, "prefix"), fix=fix))
    rows = [
        {"where": one.where, "grave": one.grave, "what": one.what, "cure": one.cure}
        for one in found
    ]
    view.rows(rows, nothing="nothing is wrong")
    return int(any(one.grave for one in found))


def _examine(client: Any, prefix: str, *, fix: bool) -> Iterator[Ailment]:
    yield from examine_server(client)
    survey = find_queues(client, f"{prefix}:{{*}}:*")
    yield from examine_strays(survey)
    spoilt = set(survey.strays)
    for keys in survey.queues:
        if spoilt.isdisjoint(keys.all()):  # else its parts cannot be read side by side
            for ailment in examine_queue(client, keys):
                if not (fix and _mend(Scripts(client, keys), ailment)):
                    yield ailment


def _mend(scripts: Scripts, ailment: Ailment) -> bool:
    """Put right what can be; tell whether this was it."""
    if ailment.orphans:
        done = f"{restore(scripts, ailment.orphans)} items put back"
    elif ailment.stuck:
        done = f"{free(scripts, ailment.stuck)} ordering keys freed"
    else:
        return False
    click.echo(f"{ailment.where}: {done}", err=True)
    return True


COMMANDS = (doctor,)
