"""Slots of a Cluster on the move while their queues are in use."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from redis.crc import key_slot

from lab.below.cluster import Cluster
from lab.below.figures import Findings
from lab.below.load import Load
from lab.leaks import find_leaks
from redis_xcom import Queue

TITLE = "A Cluster moves the slots of queues in use"
HEAD = (
    "way", "queues", "moves", "pushes", "acks", "lost", "twice", "errors", "a move, s (longest)",
    "queue silent, s (longest)",
)  # fmt: skip
NOTES = (
    """Three primaries, each queue with a producer and a consumer over redis-py's cluster client and
    with items waiting; the queues' slots are moved from node to node, one after the other.""",
    """Key by key is SETSLOT and MIGRATE, one key at a time with a pause of up to half a second
    after each, as if the slot were full of others. From the first to the last step a script is
    answered with TRYAGAIN, since some of its keys do not exist. At once is MIGRATESLOTS, of Valkey
    9.""",
    """A queue is silent while nothing of it is answered: the longest pause between two answers from
    the beginning of its move until a moment after it. The clients are told no error meanwhile.""",
)
WAITING = 2_000
A_MOMENT = 0.3


@dataclass
class Migrations:
    """One way of moving slots, under the load of several queues."""

    way: str
    move: Callable[[Cluster, int, random.Random], None]
    server: str
    seed: int
    queues: int = 4
    rounds: int = 1
    answers: int = 500
    waiting: int = WAITING
    moves: list[float] = field(default_factory=list)
    silences: list[float] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def run(self, cluster: Cluster) -> list[Load]:
        names = [f"orders-{number}" for number in range(self.queues)]
        loads = [self._load(cluster, name) for name in names]
        dice = random.Random(self.seed)
        with ExitStack() as running:
            for load in loads:
                load.stock(self.waiting)
                running.enter_context(load)
            for _ in range(self.rounds):
                for name, load in zip(names, loads, strict=True):
                    self._move_one(cluster, name, load, dice)
        for load in loads:
            load.work_off(cluster.client())
        for node in cluster.nodes:
            self.leaks += find_leaks(node.client)
        return loads

    def judge(self, findings: Findings, cluster: Cluster) -> None:
        loads = self.run(cluster)
        accounts = [load.account for load in loads]
        verdicts = [account.verdict() for account in accounts]
        errors = [error for load in loads for error in load.refused]
        forgotten = [error for account in accounts for error in account.forgotten]
        findings.rows.append((
            self.way, self.queues, len(self.moves), sum(len(a.pushed) for a in accounts),
            sum(len(a.acked) for a in accounts), sum(len(v.lost) for v in verdicts),
            sum(len({*v.again, *v.twice}) for v in verdicts), len(errors), _spread(self.moves),
            _spread(self.silences),
        ))  # fmt: skip
        findings.violations.extend(f"{self.way}: {v}" for v in verdicts if v.total)
        findings.violations.extend(f"{self.way}: {e}" for e in (errors + forgotten)[:5])
        findings.violations.extend(f"{self.way}: {leak}" for leak in self.leaks)

    def _load(self, cluster: Cluster, name: str) -> Load:
        return Load(lambda: Queue(name, client=cluster.client()), seed=self.seed, pairs=1)

    def _move_one(self, cluster: Cluster, name: str, load: Load, dice: random.Random) -> None:
        load.until(self.answers)
        began = time.monotonic()
        self.move(cluster, key_slot(name.encode()), dice)
        ended = time.monotonic()
        load.first_answer_after(ended + A_MOMENT)
        times = sorted(t for t in load.answered if t > began - A_MOMENT)
        near = [gap for gap in pairwise(times) if gap[1] > began and gap[0] < ended + A_MOMENT]
        self.moves.append(ended - began)
        self.silences.append(max(later - earlier for earlier, later in near))


def _spread(seconds: list[float]) -> str:
    return f"{median(seconds):.2f} ({max(seconds):.2f})"


def run(server: str, seed: int, *, rounds: int = 6, answers: int = 500) -> Findings:
    """Every way that the server knows."""
    findings, began = Findings("slot-migration", TITLE, server, seed, HEAD, NOTES), time.monotonic()
    ways = {"key by key": Cluster.move_key_by_key, "at once": Cluster.move_at_once}
    for way, move in ways.items():
        with Cluster(server=server) as cluster:
            if way == "key by key" or cluster.can_move_at_once():
                Migrations(way, move, server, seed, 4, rounds, answers).judge(findings, cluster)
    findings.seconds = time.monotonic() - began
    return findings
