"""Primaries that die under load, with and without confirmation by their replica."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from lab.below.figures import Findings
from lab.below.load import Load
from lab.below.pair import Pair
from lab.below.sentinel import Watched
from lab.leaks import find_leaks
from lab.waiting import wait_until
from redis_xcom import Queue, Replicated

TITLE = "A primary dies, its replica takes over"
HEAD = (
    "way", "confirmed by", "failovers", "pushes", "acks", "pushes lost", "acks forgotten",
    "claims forgotten", "calls/s", "back after, s",
)  # fmt: skip
NOTES = (
    """Two producers and two consumers, one item a push, one to three a claim; the primary is killed
    with SIGKILL, comes back as the replica of the former one, and so on. Pushes and acks are those
    whose answer was given to a client, lost what was not there in the end.""",
    """Cut off: the replica has lost its link before the primary dies, and is promoted by hand.
    Frozen: the replica is stopped meanwhile, a real Sentinel promotes it and tells the clients;
    it is told to act at once, else down-after-milliseconds would come on top of the time.""",
    """Without confirmation the loss has no bound but the time that the replica lags; with it,
    nothing may be lost. Fencing holds either way: each hand-over of an item has a greater
    generation than the one before.""",
    "Calls a second before the first fault, all processes on two cores.",
)
CONFIRMED = Replicated(replicas=1, timeout=timedelta(milliseconds=500))


class Way(NamedTuple):
    """How a replica is kept from what its primary confirms, and who promotes it."""

    name: str
    make_pair: Callable[..., Pair]
    hinder: Callable[[Pair], None]


WAYS = {
    "cut off": Way("cut off", Pair, Pair.cut_off),
    "frozen": Way("frozen, Sentinel", Watched, Pair.freeze),
}


@dataclass
class Failovers:
    """Several failovers under one load.

    :param durability: of the queue; None lets the primary answer alone.
    :param answers: how many come before each fault, and while it lasts if they may come.
    """

    way: Way
    server: str
    durability: Replicated | None
    seed: int
    rounds: int = 1
    answers: int = 2_000
    rates: list[float] = field(default_factory=list)
    outages: list[float] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def run(self) -> Load:
        with self.way.make_pair(server=self.server) as pair:
            load = Load(
                lambda: Queue("orders", client=pair.client(), durability=self.durability),
                seed=self.seed,
            )
            with load:
                for _ in range(self.rounds):
                    self._one(pair, load)
                load.until(self.answers)
            with pair.client() as client:
                load.work_off(client)
                self.leaks = find_leaks(client)
        return load

    def _one(self, pair: Pair, load: Load) -> None:
        self.rates.append(load.until(self.answers))
        self.way.hinder(pair)
        if self.durability is None:
            load.until(self.answers)
        else:
            self._await_silence(load)
        pair.fail_over()
        pair.rejoin()
        self.outages.append(load.first_answer_after(pair.promoted) - pair.died)

    def _await_silence(self, load: Load) -> None:
        """Nobody is told anything any more while the replica confirms nothing."""

        def silent() -> bool:
            return time.monotonic() - load.answered[-1] > 0.3

        wait_until(silent, "the clients to wait for the replica")

    def judge(self, findings: Findings) -> None:
        load = self.run()
        account, verdict = load.account, load.account.verdict()
        by = "its replica" if self.durability else "nobody else"
        forgotten = len(account.forgotten)
        findings.rows.append((
            self.way.name, by, self.rounds, len(account.pushed), len(account.acked),
            len(verdict.lost), len(verdict.again), forgotten, round(self.rates[0]),
            round(max(self.outages), 1),
        ))  # fmt: skip
        where = f"{self.way.name}, confirmed by {by}: "
        if verdict.unfenced:
            findings.violations.append(f"{where}generations did not grow: {verdict.unfenced[:5]}")
        if self.durability and verdict.total + forgotten:
            findings.violations.append(f"{where}{verdict}, {account.forgotten[:3]}")
        if self.durability is None and not verdict.total + forgotten:
            findings.violations.append(f"{where}nothing was lost: the fault did not reach it")
        findings.violations.extend(where + leak for leak in self.leaks)


def run(server: str, seed: int, *, rounds: int = 5, answers: int = 10_000) -> Findings:
    """Every way, with and without confirmation."""
    findings, began = Findings("failover", TITLE, server, seed, HEAD, NOTES), time.monotonic()
    for way in WAYS.values():
        for durability in (None, CONFIRMED):
            Failovers(way, server, durability, seed, rounds, answers).judge(findings)
    findings.seconds = time.monotonic() - began
    return findings
