"""Where the storm takes place: its queues, and what every process of it needs to know."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from lab.history import witness
from redis_xcom import Queue

TAGS = ("storm", "late")
LEASE = timedelta(seconds=1)
MOST_WAITING = 1_500
MOST_DELIVERIES = 6
MOST_CLAIMED = 12
Plant = tuple[str, str, str]  # file in lua/, what stands there, what to put in its place


@dataclass(frozen=True)
class Ground:
    """Travels to every worker process.

    :param url: the server, or a faulty way to it.
    :param told: folder for what clients were told.
    :param plant: a fault to put into the scripts, to see that the judge finds it.
    """

    url: str
    told: Path
    seed: int
    plant: Plant | None = None

    def install_witness(self) -> None:
        witness.install(self._source)

    def dice(self, *who: object) -> random.Random:
        return random.Random("/".join(map(str, (self.seed, *who))))

    def queue(self, name: str, tag: str = "storm") -> Queue:
        return Queue(name, url=self.url, tag=tag, max_deliveries=MOST_DELIVERIES)

    @cached_property
    def work(self) -> Queue:
        """Drained; every ack forwards one result to `done`."""
        return self.queue("work")

    @cached_property
    def done(self) -> Queue:
        return self.queue("done")

    @cached_property
    def mixed(self) -> Queue:
        """Claimed by named and nameless claimants, with every fate an item can have."""
        return self.queue("mixed")

    @cached_property
    def late(self) -> Queue:
        """Delayed, deduplicated, purged now and then."""
        return self.queue("late", "late")

    @cached_property
    def keyed(self) -> Queue:
        """Every item of ours has an ordering key, and no more than so many may be claimed."""
        return self.queue("keyed")

    def queues(self) -> tuple[Queue, ...]:
        return self.work, self.done, self.mixed, self.late, self.keyed

    def close(self) -> None:
        for queue in self.queues():
            queue.close()

    def _source(self, path: str) -> str:
        text = witness.PLAIN(path)
        if self.plant is None or path != self.plant[0]:
            return text
        assert text.count(self.plant[1]) == 1, f"{path} does not hold this once: {self.plant[1]}"
        return text.replace(*self.plant[1:])
