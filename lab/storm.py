"""Eight consumers under random SIGKILLs and freezes: `python -m lab.storm <url> <logs> <seed> …`.

This process forks the consumers, so that a new one is there within milliseconds, and strikes at
the pace of the work: so many strikes an item, on a fast machine as on a slow one.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from redis_xcom import Claim, ClaimLost, Queue, Superseded

QUEUE = "storm"
LEASE = timedelta(seconds=1)
CONSUMERS = 8
FREEZES = 0.15  # share of the strikes that stop a process for longer than its lease
FREEZE_SECONDS = 1.6
SINGLY = 0.3  # share of the claims whose items are acked one by one
LONG_WORK = 0.01  # share of the claims that outlast their lease, heartbeating


@dataclass
class Consumer:
    """What runs in a forked process; everything it was told stands in its log."""

    queue: Queue
    name: str
    who: dict[str, str]
    dice: random.Random
    log: int

    def run(self) -> None:
        """Work until killed, or told that a newer one has this claim id."""
        with contextlib.suppress(Superseded):
            self.claim_on()

    def claim_on(self) -> NoReturn:
        while True:
            asked = time.monotonic()
            claim = self.queue.claim(
                self.dice.randint(1, 8), lease=LEASE, wait=timedelta(seconds=0.2), **self.who
            )
            if claim:
                self.note("claimed", claim, [item.id for item in claim.items], asked)
                self.work(claim)

    def work(self, claim: Claim) -> None:
        try:
            if self.dice.random() < LONG_WORK:
                self.outlast(claim)
            elif self.dice.random() < SINGLY:
                self.work_singly(claim)
            else:
                self.work_whole(claim)
        except ClaimLost:
            self.note("lost", claim, [])

    def work_whole(self, claim: Claim) -> None:
        time.sleep(self.dice.uniform(0, 0.003) * len(claim))
        claim.ack()
        self.note("acked", claim, [item.id for item in claim.items])

    def work_singly(self, claim: Claim) -> None:
        for item in claim.items:
            time.sleep(self.dice.uniform(0, 0.003))
            claim.ack(item)
            self.note("acked", claim, [item.id])

    def outlast(self, claim: Claim) -> None:
        claim.keep_alive()
        time.sleep(1.5 * LEASE.total_seconds())
        claim.check()
        self.work_whole(claim)

    def note(self, what: str, claim: Claim, ids: list[str], asked: float = 0.0) -> None:
        """Write one line at once: a kill later on takes nothing of it away."""
        line = {
            "what": what,
            "ids": ids,
            "generation": claim.generation,
            "claim": claim.claim_id,
            "consumer": self.name,
            "asked": asked,
            "told": time.monotonic(),
        }
        os.write(self.log, json.dumps(line).encode() + b"\n")


@dataclass
class Storm:
    """Starts consumers, kills or freezes them, and starts others in their place."""

    url: str
    logs: Path
    dice: random.Random
    strikes: Counter[str] = field(default_factory=Counter)
    running: dict[int, int] = field(default_factory=dict)  # pid -> slot
    frozen: dict[int, float] = field(default_factory=dict)  # pid -> when to thaw
    outdated: set[int] = field(default_factory=set)  # frozen while a newer incarnation came
    starts: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def start(self, slot: int) -> None:
        start, seed = next(self.starts), self.dice.random()
        if pid := os.fork():
            self.running[pid] = slot
            return
        try:
            self.consume(slot, start, random.Random(seed))
            os._exit(0)
        finally:
            os._exit(1)

    def consume(self, slot: int, start: int, dice: random.Random) -> None:
        name = f"{slot}.{start}"
        log = os.open(self.logs / f"{name}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        named = {"claim_id": f"slot-{slot}", "incarnation": f"{start:06d}"}
        queue = Queue(QUEUE, url=self.url, max_deliveries=None)
        Consumer(queue, name, named if slot % 2 else {}, dice, log).run()

    def strike(self) -> None:
        spared = self.frozen.keys() | self.outdated
        pid = self.dice.choice([pid for pid in self.running if pid not in spared])
        if self.dice.random() < FREEZES and len(self.frozen) < CONSUMERS // 2:
            self.freeze(pid)
        else:
            slot = self.end(pid)
            self.strikes["killed"] += 1
            self.start(slot)

    def freeze(self, pid: int) -> None:
        """Stop it for longer than its lease; a named one is replaced meanwhile, as if dead."""
        os.kill(pid, signal.SIGSTOP)
        self.frozen[pid] = time.monotonic() + FREEZE_SECONDS
        self.strikes["frozen"] += 1
        if self.running[pid] % 2:
            self.outdated.add(pid)
            self.start(self.running[pid])

    def end(self, pid: int) -> int:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            self.strikes["superseded" if status == 0 else "failed"] += 1
        self.frozen.pop(pid, None)
        return self.running.pop(pid)

    def thaw(self, *, everything: bool = False) -> None:
        for pid, when in list(self.frozen.items()):
            if everything or time.monotonic() >= when:
                os.kill(pid, signal.SIGCONT)
                del self.frozen[pid]

    def run(self, items: int, kills: int) -> None:
        queue = Queue(QUEUE, url=self.url)
        pace = itertools.count(items // (kills + 10), items // (kills + 10))
        due = next(pace)
        for slot in range(CONSUMERS):
            self.start(slot)
        while queue.stats().total:
            self.thaw()
            if self.strikes["killed"] < kills and queue.stats().acked >= due:
                time.sleep(self.dice.uniform(0, 0.01))
                self.strike()
                due = next(pace)
            time.sleep(0.002)
        self.thaw(everything=True)
        queue.close()

    def stop(self) -> None:
        for pid in list(self.running):
            self.end(pid)


def main(url: str, logs: str, seed: str, items: str, kills: str) -> dict[str, Any]:
    began, storm = time.monotonic(), Storm(url, Path(logs), random.Random(int(seed)))
    try:
        storm.run(int(items), int(kills))
    finally:
        storm.stop()
    return {**storm.strikes, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    logging.disable()
    print(json.dumps(main(*sys.argv[1:])))
