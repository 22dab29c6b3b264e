"""What must hold of every queue at any moment, and what an empty queue may leave behind."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

from redis_xcom.keys import TYPES

KEY = re.compile(r"(?P<base>[\w.-]+:\{[\w.-]+\}:(?:[\w.-]+:)?)(?P<part>\w+)")


def find_leaks(client: Any) -> list[str]:
    """Return what is wrong with the queues on this server, a sentence each."""
    queues, found = _queues(client)
    if found:
        return found
    for base in queues:
        found += _broken_claims(client, base)
        found += _left_behind(client, base)
    return found


def _queues(client: Any) -> tuple[dict[str, set[str]], list[str]]:
    queues: dict[str, set[str]] = defaultdict(set)
    found = []
    for raw in client.keys("*"):
        key, kind = raw.decode(), client.type(raw).decode()
        if key.startswith("history:"):
            continue
        parts = KEY.fullmatch(key)
        if parts is None or TYPES.get(parts["part"]) != kind:
            found.append(f"{key}, a {kind}, is no part of a queue")
        else:
            queues[parts["base"]].add(parts["part"])
    return queues, found


def _broken_claims(client: Any, base: str) -> list[str]:
    claims = {k.decode(): json.loads(v) for k, v in client.hgetall(base + "claims").items()}
    leases = {member.decode() for member in client.zrange(base + "leases", 0, -1)}
    claimed: dict[str, set[int]] = defaultdict(set)
    for field in client.hkeys(base + "claimed"):
        claim_id, place = field.decode().rsplit("/", 1)
        claimed[claim_id].add(int(place))
    held = {claim_id: _held_places(record) for claim_id, record in claims.items()}
    found = []
    if leases != set(claims):
        found.append(f"{base}: leases of {sorted(leases)}, claims of {sorted(claims)}")
    if held != claimed:
        found.append(f"{base}: records hold {held}, items lie at {dict(claimed)}")
    dead = client.hlen(base + "dead"), client.zcard(base + "died")
    if dead[0] != dead[1]:
        found.append(f"{base}: {dead[0]} dead letters, {dead[1]} times of death")
    return found


def _held_places(record: dict[str, Any]) -> set[int]:
    letters = record["outcomes"]
    held = {p for p in range(1, record["count"] + 1) if not letters or letters[p - 1] == "h"}
    if len(held) != record["held"]:
        return {-record["held"]}
    return held


def _left_behind(client: Any, base: str) -> list[str]:
    waiting = client.llen(base + "ready") + client.zcard(base + "delayed")
    if waiting or client.hlen(base + "claimed"):
        return []
    parts = ("claims", "claimed", "leases")
    return [f"{base}{part} outlives its items" for part in parts if client.exists(base + part)]
