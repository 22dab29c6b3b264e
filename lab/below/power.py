"""Power cuts under load: the server is killed and its append-only file cut to what was synced."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.below.disk import Disk
from lab.below.figures import Findings
from lab.below.load import Load
from lab.leaks import find_leaks
from lab.waiting import wait_until
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

if TYPE_CHECKING:
    from redis import Redis

TITLE = "The power fails"
HEAD = (
    "appendfsync", "power cuts", "pushes", "acks", "pushes lost", "acks forgotten",
    "claims forgotten", "bytes lost", "oldest loss, s", "calls/s",
)  # fmt: skip
NOTES = (
    """Two producers and two consumers. At each cut the server is killed with SIGKILL and its
    append-only file is cut to the last byte known to be synced; torn: to some byte after that, most
    likely in the middle of a command.""",
    """What is synced is known exactly: a shim in the server's process notes the file's size when
    an fsync or fdatasync begins, once that has succeeded and before the server goes on. Disks that
    confirm a sync and lose it all the same are not in the picture.""",
    """Under always nothing that was confirmed may be lost. Under everysec the loss is what came
    after the last sync: its age is measured, and on a slow disk longer than a second. Either way
    the queue's keys must fit each other, and each hand-over has a greater generation.""",
    """After a torn cut the file is rewritten (BGREWRITEAOF) as soon as the server is back. Redis
    7.0.15 leaves the beginning of a torn transaction in the file otherwise, and carries it out at
    the restart after next; Valkey 9.1.2 does not.""",
)
CUTS = (("always", False), ("always", True), ("everysec", False))


@dataclass
class PowerCuts:
    """Several power cuts under one load.

    :param answers: at least so many come before each cut.
    """

    policy: str
    server: str
    seed: int
    rounds: int = 1
    answers: int = 2_000
    torn: bool = False
    bytes_lost: int = 0
    rates: list[float] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.policy}, torn" if self.torn else self.policy

    def run(self) -> Load:
        settings = {"appendfsync": self.policy, "auto-aof-rewrite-percentage": "0"}
        with tempfile.TemporaryDirectory(prefix="rx-") as workshop:
            disk = Disk(Path(workshop))
            with EmbeddedServer(
                server=self.server, settings=settings, environment=disk.environment()
            ) as server:
                return self._cut_and_cut(server, disk)

    def judge(self, findings: Findings) -> None:
        load = self.run()
        account, verdict = load.account, load.account.verdict()
        ages = [self._age(told) for told in account.told_at(verdict)]
        findings.rows.append((
            self.name, self.rounds, len(account.pushed), len(account.acked), len(verdict.lost),
            len(verdict.again), len(account.forgotten), self.bytes_lost,
            round(max(ages, default=0), 1), round(self.rates[0]),
        ))  # fmt: skip
        if verdict.unfenced:
            findings.violations.append(f"{self.name}: generations did not grow: {verdict}")
        if set(verdict.twice) - set(verdict.again):
            findings.violations.append(f"{self.name}: acked twice and no ack forgotten: {verdict}")
        if self.policy == "always" and verdict.total + len(account.forgotten):
            findings.violations.append(f"{self.name}: {verdict}, {account.forgotten[:3]}")
        if self.policy != "always" and not self.bytes_lost:
            findings.violations.append(f"{self.name}: no byte was lost: the cut did not reach it")
        findings.violations.extend(f"{self.name}: {leak}" for leak in self.leaks)

    def _cut_and_cut(self, server: EmbeddedServer, disk: Disk) -> Load:
        dice = random.Random(self.seed)
        load = Load(lambda: Queue("orders", url=server.url), seed=self.seed)
        with load:
            for _ in range(self.rounds):
                self.rates.append(load.until(self.answers + dice.randrange(self.answers)))
                server.kill()
                self.cuts.append(time.monotonic())
                self.bytes_lost += disk.lose(server.directory, dice, torn=self.torn)
                server.start()
                with server.client() as client:
                    if self.torn:
                        rewrite(client)
                    self.leaks += find_leaks(client)
            load.until(self.answers)
        with server.client() as client:
            load.work_off(client)
            self.leaks += find_leaks(client)
        return load

    def _age(self, told: float) -> float:
        """How long before the next cut it was told; a thread may get round to it after the last."""
        return min((cut - told for cut in self.cuts if cut >= told), default=0.0)


def rewrite(client: Redis) -> None:
    """Have the append-only file made anew of what was loaded; returns once it is."""
    client.bgrewriteaof()
    wait_until(lambda: not _rewriting(client.info("persistence")), "the file to be rewritten")


def _rewriting(told: dict[str, Any]) -> bool:
    return bool(told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"])


def run(server: str, seed: int, *, rounds: int = 10, answers: int = 2_000) -> Findings:
    """Each policy in turn."""
    findings, began = Findings("power-loss", TITLE, server, seed, HEAD, NOTES), time.monotonic()
    for policy, torn in CUTS:
        PowerCuts(policy, server, seed, rounds, answers, torn).judge(findings)
    findings.seconds = time.monotonic() - began
    return findings
