"""The claims that the task in this process holds until its fate is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from redis import Redis

    from redis_xcom import Claim


@dataclass(frozen=True, kw_only=True)
class HeldClaim:
    """A claim whose end is still open.

    :param queue: the queue's name.
    :param client: the connection it is made over, closed in the end.
    :param claim: the claim; its heartbeat runs.
    :param lease: how long it lasts without a heartbeat.
    :param handed: these very items were handed to this task: another claim cannot replace them.
    """

    queue: str
    client: Redis
    claim: Claim
    lease: timedelta
    handed: bool = False


_held: dict[str, list[HeldClaim]] = {}


def hold(try_id: str, held: HeldClaim) -> None:
    """Remember a claim under the try that made it."""
    _held.setdefault(try_id, []).append(held)


def take(try_id: str) -> list[HeldClaim]:
    """Answer this try's claims and forget them; in a process that claimed nothing, none."""
    return _held.pop(try_id, [])
