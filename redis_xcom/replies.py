"""What the scripts answer, decoded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

PAUSED, FULL = 1, 2


class Pushed(NamedTuple):
    """Reply to a push; `waiting` is set when the bound was reached and nothing was added."""

    added: int = 0
    repeated: int = 0
    waiting: int | None = None


class Claimed(NamedTuple):
    """Reply to a claim: what was handed out, or why nothing was."""

    status: str
    generation: int = 0
    takeovers: int = 0
    items: Sequence[bytes] = ()
    places: Sequence[int] | None = None  # None: 1, 2, 3 …
    doubt_ms: int = 0
    due_ms: int = 0
    lapse_ms: int = 0  # until the next lease ends; its owner may well renew it
    paused: bool = False
    full: bool = False  # as much is claimed as may be
    owner: str = ""


class HandedOver(NamedTuple):
    """Reply to a hand-over: the new claim's generation, or who stands in its way."""

    status: str
    generation: int = 0
    owner: str = ""


class Settled(NamedTuple):
    """Reply to ack, release or reject: how many items it befell."""

    done: int
    already: int
    lost: int


def read_claimed(reply: list[Any]) -> Claimed:
    status = reply[0].decode()
    if status == "claimed":
        places = list(map(int, reply[3].split())) if reply[3] else None
        return Claimed(status, int(reply[1]), reply[2], reply[4], places)
    if status == "empty":
        why, doubt_ms, due_ms, lapse_ms = reply[1:]
        hints = {"doubt_ms": doubt_ms, "due_ms": due_ms, "lapse_ms": lapse_ms}
        return Claimed(status, **hints, paused=why == PAUSED, full=why == FULL)
    if status == "superseded":
        return Claimed(status, int(reply[1]), owner=json.loads(reply[2]))
    return Claimed(status)


def read_held(generation: int, reply: list[Any]) -> Claimed:
    takeovers, places, items = reply
    return Claimed("claimed", generation, takeovers, items, places)


def read_handed_over(reply: list[Any]) -> HandedOver:
    status, *rest = reply
    owner = json.loads(rest[1]) if len(rest) > 1 else ""
    return HandedOver(status.decode(), int(rest[0]) if rest else 0, owner)
