"""What is wrong with a server or a queue, and what to do about it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis_xcom.keys import Keys
from redis_xcom.survey import Survey, errors_told
from redis_xcom.turns import Turns

if TYPE_CHECKING:
    from redis import Redis

    from redis_xcom.scripts import Scripts

OLDEST = {"redis_version": (7, 0), "valkey_version": (7, 2)}
AT_ONCE = 100
SHOWN = 3


@dataclass(frozen=True)
class Ailment:
    """One thing that is wrong.

    :param grave: items may be lost, stuck or handed out wrongly; else it is a matter of taste.
    :param orphans: fields of `claimed` whose items `restore` puts back.
    :param stuck: ordering keys, each before the id that has its turn, that `free` moves on.
    """

    where: str
    what: str
    cure: str
    grave: bool = True
    orphans: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


def examine_server(client: Redis | Any) -> list[Ailment]:
    """Return what is wrong with its version and its settings."""
    with errors_told():
        info: dict[str, Any] = client.info("everything")
    return [Ailment("server", *found) for found in _server(info)]


def examine_strays(survey: Survey) -> list[Ailment]:
    """Return which keys among those of the queues are none of theirs."""
    cure = "rename or delete what does not belong there"
    return [
        Ailment(key, f"a {kind} that is no part of a queue", cure)
        for key, kind in survey.strays.items()
    ]


def examine_queue(client: Redis | Any, keys: Keys) -> list[Ailment]:
    """Return what does not fit together in a queue, seen in one moment.

    Reads all its claims at once, a few ms for a hundred thousand items in claimants' hands; where
    items have ordering keys all that are ready or delayed, too.
    """
    look = client.pipeline(transaction=True)
    look.hgetall(keys.part("claims"))
    look.zrange(keys.part("leases"), 0, -1)
    look.hkeys(keys.part("claimed"))
    look.hlen(keys.part("dead"))
    look.zcard(keys.part("died"))
    with errors_told():
        claims, leases, fields, dead, died = look.execute()
    records = {claim_id.decode(): json.loads(record) for claim_id, record in claims.items()}
    found = [
        *_leases(set(records), {claim_id.decode() for claim_id in leases}),
        *_held(records, [field.decode() for field in fields]),
    ]
    ailments = [Ailment(keys.base, what, cure, orphans=orphans) for what, cure, orphans in found]
    if dead != died:
        cure = "redrive by id what is not listed, or purge the dead letters"
        ailments.append(Ailment(keys.base, f"{dead} dead letters, {died} times of death", cure))
    return [*ailments, *_stuck(client, keys)]


def restore(scripts: Scripts, orphans: tuple[str, ...]) -> int:
    """Put items that no record stands for back to the front; return how many."""
    starts = range(0, len(orphans), AT_ONCE)
    return sum(scripts.restore(orphans[start : start + AT_ONCE]) for start in starts)


def free(scripts: Scripts, stuck: tuple[str, ...]) -> int:
    """Have the first in line of each of these ordering keys go; return how many keys it were."""
    starts = range(0, len(stuck), AT_ONCE)
    return sum(scripts.free(stuck[start : start + AT_ONCE]) for start in starts)


def _stuck(client: Any, keys: Keys) -> Iterator[Ailment]:
    with errors_told():
        if not client.exists(keys.part("turns"), keys.part("waiting")):
            return
        look = client.pipeline(transaction=True)
        look.hgetall(keys.part("turns"))
        look.zrange(keys.part("waiting"), 0, -1)
        look.hvals(keys.part("claimed"))
        look.lrange(keys.part("ready"), 0, -1)
        look.zrange(keys.part("delayed"), 0, -1)
        turns, waiting, *out = look.execute()
    stuck = sorted(Turns(turns, waiting, itertools.chain(*out)).stuck())
    if stuck:
        cure = "redis-xcom doctor --fix has the next of each go"
        what = f"ordering keys whose turn nobody has: {_some(key for key, _ in stuck)}"
        yield Ailment(keys.base, what, cure, stuck=tuple(itertools.chain(*stuck)))


def _server(info: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    name = "valkey_version" if "valkey_version" in info else "redis_version"
    version = str(info[name])
    if tuple(map(int, version.split(".")[:2])) < OLDEST[name]:
        oldest = ".".join(map(str, OLDEST[name]))
        yield f"{name} is {version}", f"the scripts need {oldest} or later", True
    if (policy := info.get("maxmemory_policy", "noeviction")) != "noeviction":
        yield f"maxmemory-policy is {policy}", "set noeviction: any other deletes queues", True
    if info.get("role") == "slave":
        yield "it is a replica", "give the url of its primary", True
    if not info.get("aof_enabled"):
        cure = "set appendonly yes: a restart loses what came after the last snapshot"
        yield "appendonly is off", cure, False


def _leases(claims: set[str], leases: set[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if endless := claims - leases:
        cure = "its claimant may still settle it; ZADD …:leases 0 <claim id> gives its items back"
        yield f"claims without a lease, which never end: {_some(endless)}", cure, ()
    if empty := leases - claims:
        yield f"leases without a claim: {_some(empty)}", "ZREM …:leases <claim id>", ()


def _held(
    records: dict[str, dict[str, Any]], fields: list[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    lying = {_place(field): field for field in fields}
    held = {(c, place) for c, record in records.items() for place in _held_places(record)}
    if orphans := [lying[place] for place in sorted(lying.keys() - held)]:
        cure = "redis-xcom doctor --fix puts them back to the front of the queue"
        yield f"{len(orphans)} items in nobody's hands: {_some(orphans)}", cure, tuple(orphans)
    if gone := {claim_id for claim_id, _ in held - lying.keys()}:
        cure = "they are lost: push them again, from wherever they came"
        yield f"claims whose items are gone: {_some(gone)}", cure, ()
    if odd := [c for c, r in records.items() if len(_held_places(r)) != r["held"]]:
        yield f"claims that miscount what they hold: {_some(odd)}", "release or reject them", ()


def _held_places(record: dict[str, Any]) -> set[int]:
    letters, places = record["outcomes"], range(1, record["count"] + 1)
    if len(letters) <= 1:
        return set(places) if letters in {"", "h"} else set()
    return {place for place in places if letters[place - 1] == "h"}


def _place(field: str) -> tuple[str, int]:
    claim_id, _, place = field.rpartition("/")
    return claim_id, int(place) if place.isdecimal() else 0


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more
