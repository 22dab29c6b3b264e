"""What may strike: each fault is a function of the storm, and tells whether it befell anything."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from redis import RedisError

from lab.chaos.consumers import NamedClaimer
from lab.chaos.ground import MOST_CLAIMED, TAGS
from lab.history import witness
from redis_xcom.script import load

if TYPE_CHECKING:
    from lab.chaos.storm import Storm

JUMP_MS = (300, 2_000, 60_000, 3_600_000, -2_000, -3_600_000)
CALM_BETWEEN_JUMPS = 3.0
"""Seconds; jumps that add up within one heartbeat of a claim are beyond what is promised."""


def kill_a_worker(storm: Storm) -> bool:
    storm.crew.kill(storm.dice.choice(storm.crew.playing()))
    return True


def freeze_a_worker(storm: Storm) -> bool:
    actor = storm.dice.choice(storm.crew.playing())
    return storm.crew.freeze(actor, storm.dice.uniform(0.3, 2.5), replaced=False)


def retry_beside_a_zombie(storm: Storm) -> bool:
    tasks = [a for a in storm.crew.playing() if issubclass(a.kind, NamedClaimer)]
    actor = storm.dice.choice(tasks)
    return storm.crew.freeze(actor, storm.dice.uniform(0.1, 2), replaced=True)


def lose_a_reply(storm: Storm) -> bool:
    return _aim(storm, "swallowed")


def cut_a_request(storm: Storm) -> bool:
    return _aim(storm, "cut")


def _aim(storm: Storm, what: str) -> bool:
    script = storm.dice.choice(("push", "claim", "claim", "settle", "settle", "extend"))
    storm.proxy.aim(load(script).sha, what)
    return True


def lose_one_reply_in_five(storm: Storm) -> bool:
    storm.proxy.swallow = 0.2
    storm.later(storm.dice.uniform(0.2, 1), lambda: setattr(storm.proxy, "swallow", 0.0))
    return True


def kill_the_server(storm: Storm) -> bool:
    storm.server.kill()
    time.sleep(storm.dice.choice((0, 0, 0.5)))
    storm.server.start()
    return True


def freeze_the_server(storm: Storm) -> bool:
    os.kill(storm.server.pid, signal.SIGSTOP)
    time.sleep(storm.dice.uniform(0.2, 1.2))
    os.kill(storm.server.pid, signal.SIGCONT)
    return True


def flush_the_scripts(storm: Storm) -> bool:
    storm.client.script_flush()
    return True


def cut_all_connections(storm: Storm) -> bool:
    storm.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    return True


def set_the_clock(storm: Storm) -> bool:
    if time.monotonic() < storm.jumped_at + CALM_BETWEEN_JUMPS:
        return False
    storm.jumped_at = time.monotonic()
    storm.skew_ms += storm.dice.choice(JUMP_MS)
    for tag in TAGS:
        witness.skew(storm.client, tag, storm.skew_ms)
    return True


def fill_the_memory(storm: Storm) -> bool:
    storm.client.config_set("maxmemory", storm.client.info("memory")["used_memory"])
    storm.later(storm.dice.uniform(0.2, 1), storm.relieve)
    return True


def pause_a_queue(storm: Storm) -> bool:
    queue = storm.dice.choice(storm.ground.queues())
    queue.pause()
    storm.later(storm.dice.uniform(0.2, 1), queue.resume)
    return True


def set_a_bound(storm: Storm) -> bool:
    storm.ground.keyed.limit(max_claimed=storm.dice.choice((None, 3, MOST_CLAIMED, 40)))
    return True


def redrive_dead_letters(storm: Storm) -> bool:
    return sum(queue.redrive(limit=200) for queue in storm.ground.queues()) > 0


def purge_a_queue(storm: Storm) -> bool:
    return storm.ground.late.purge(dead=storm.dice.random() < 0.5) > 0


def rewrite_the_log(storm: Storm) -> bool:
    try:
        storm.client.bgrewriteaof()
    except RedisError:  # one is under way
        return False
    return True


class Fault(NamedTuple):
    """How often it strikes beside the others, and what it is called in the table."""

    strike: Callable[[Storm], bool]
    weight: int
    told: str


FAULTS = (
    Fault(kill_a_worker, 20, "worker SIGKILLed, another one in its place"),
    Fault(freeze_a_worker, 6, "worker SIGSTOPped for up to 2.5 leases"),
    Fault(retry_beside_a_zombie, 12, "worker SIGSTOPped, its retry started beside it"),
    Fault(lose_a_reply, 25, "one reply lost, of a chosen script"),
    Fault(cut_a_request, 12, "one request cut in half, of a chosen script"),
    Fault(lose_one_reply_in_five, 4, "a fifth of all replies lost, for up to a second"),
    Fault(kill_the_server, 2, "server SIGKILLed and restarted on its AOF"),
    Fault(freeze_the_server, 2, "server SIGSTOPped for up to a lease"),
    Fault(flush_the_scripts, 3, "SCRIPT FLUSH"),
    Fault(cut_all_connections, 3, "CLIENT KILL of all clients"),
    Fault(set_the_clock, 4, "clock set, by up to an hour, forward or back"),
    Fault(fill_the_memory, 3, "maxmemory reached, and relieved"),
    Fault(pause_a_queue, 4, "queue paused and resumed"),
    Fault(set_a_bound, 4, "max_claimed set, lifted or lowered"),
    Fault(redrive_dead_letters, 4, "dead letters redriven"),
    Fault(purge_a_queue, 2, "queue purged"),
    Fault(rewrite_the_log, 1, "BGREWRITEAOF"),
)
