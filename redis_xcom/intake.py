"""From the bytes of a claim to items; what is none dies alone and hurts no neighbour."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from redis_xcom.codec import decode_item
from redis_xcom.errors import BadPayload
from redis_xcom.item import Item
from redis_xcom.replies import Claimed
from redis_xcom.scripts import Scripts

log = logging.getLogger(__name__)


class Intake(NamedTuple):
    """The items of one claim with their places, and the bad ones' places by reason."""

    items: list[Item]
    places: Sequence[int]
    bad: dict[str, list[int]]


def take_in(reply: Claimed, *, max_bytes: int) -> Intake:
    try:
        items = [decode_item(raw, max_bytes) for raw in reply.items]
        intake = Intake(items, _places(reply), {})
    except (BadPayload, TypeError):
        intake = _take_in_singly(reply, max_bytes)
    for item in intake.items if reply.takeovers else ():
        msgspec.structs.force_setattr(item, "earlier", item.earlier + reply.takeovers)
    return intake


def _places(reply: Claimed) -> Sequence[int]:
    return reply.places or range(1, len(reply.items) + 1)


def _take_in_singly(reply: Claimed, max_bytes: int) -> Intake:
    items: list[Item] = []
    places: list[int] = []
    bad: dict[str, list[int]] = {}
    for place, raw in zip(_places(reply), reply.items, strict=True):
        try:
            if raw is None:
                raise BadPayload("its bytes are gone from the server")
            items.append(decode_item(raw, max_bytes))
            places.append(place)
        except BadPayload as error:
            bad.setdefault(str(error), []).append(place)
    return Intake(items, places, bad)


def bury_bad(intake: Intake, scripts: Scripts, claim_id: str, generation: int) -> None:
    """Send what is no item to the dead letters, with its reason."""
    for reason, places in intake.bad.items():
        log.warning("Claim %s: %d bad items rejected: %s", claim_id, len(places), reason)
        scripts.settle(
            claim_id, generation=generation, action="reject", places=places, reason=reason
        )
