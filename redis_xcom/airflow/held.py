"""What the task in this process holds until its fate is known: claims of items, and of XComs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from redis import Redis

    from redis_xcom import Claim
    from redis_xcom.airflow.connection import RedisServer


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


@dataclass(frozen=True, kw_only=True)
class HeldXCom:
    """An XCom that is this task's alone; nobody renews it, and its end needs no act.

    :param server: where its claim lies.
    :param single: the name of its queue there.
    :param words: which XCom, for people.
    """

    server: RedisServer
    single: str
    claim_id: str
    generation: int
    words: str


_held: dict[str, list[HeldClaim]] = {}
_xcoms: dict[str, dict[str, HeldXCom]] = {}


def hold(try_id: str, held: HeldClaim) -> None:
    """Remember a claim under the try that made it."""
    _held.setdefault(try_id, []).append(held)


def take(try_id: str) -> list[HeldClaim]:
    """Answer this try's claims and forget them; in a process that claimed nothing, none."""
    return _held.pop(try_id, [])


def hold_xcom(try_id: str, held: HeldXCom) -> None:
    """Remember an XCom under the try that claimed it."""
    _xcoms.setdefault(try_id, {})[held.single] = held


def let_go_of_xcom(try_id: str, single: str) -> None:
    """Forget one that was released."""
    _xcoms.get(try_id, {}).pop(single, None)


def take_xcoms(try_id: str) -> list[HeldXCom]:
    """Answer this try's XComs and forget them."""
    return list(_xcoms.pop(try_id, {}).values())
