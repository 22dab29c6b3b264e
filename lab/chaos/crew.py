"""The worker processes: started by the dozen, killed, frozen, thawed, and never left behind."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess

from lab.chaos.consumers import (
    Claimer,
    Drainer,
    Finisher,
    KeyedClaimer,
    KeyedDrainer,
    LateClaimer,
    NamedClaimer,
)
from lab.chaos.ground import Ground
from lab.chaos.producers import KeyedProducer, KeyedStranger, Producer, Stranger
from lab.chaos.worker import Worker, play

Cast = tuple[type[Worker], ...]
CAST: Cast = (
    Producer, Producer, Stranger, Drainer, Drainer, Finisher, KeyedDrainer,
    NamedClaimer, NamedClaimer, NamedClaimer, Claimer, LateClaimer, KeyedClaimer,
)  # fmt: skip
EIGHT_ON_ONE: Cast = (
    KeyedProducer, KeyedProducer, KeyedStranger, *[KeyedClaimer] * 4, *[KeyedDrainer] * 4,
)  # fmt: skip
MOST_ZOMBIES = 4


@dataclass(eq=False)
class Actor:
    """A worker process. A zombie's part is played by another one already."""

    slot: int
    kind: type[Worker]
    process: BaseProcess
    thaw_at: float | None = None
    is_zombie: bool = False

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid


@dataclass
class Crew:
    """All workers. Even slots reach the server directly, odd ones by the faulty way."""

    direct: Ground
    faulty: Ground
    cast: Cast = CAST
    actors: list[Actor] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    parts: set[int] = field(init=False)
    _starts: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.parts = set(range(len(self.cast)))
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])

    def start_all(self) -> None:
        for slot in sorted(self.parts):
            self.start(slot)

    def start(self, slot: int) -> None:
        ground = replace(self.faulty if slot % 2 else self.direct)  # without open queues
        kind = self.cast[slot]
        arguments = (kind, ground, slot, next(self._starts))
        process = self._context.Process(target=play, args=arguments, daemon=True)
        process.start()
        self.actors.append(Actor(slot, kind, process))

    def playing(self) -> list[Actor]:
        """Those that may be struck: neither frozen nor replaced."""
        return [actor for actor in self.actors if actor.thaw_at is None and not actor.is_zombie]

    def kill(self, actor: Actor) -> None:
        self._end(actor)
        self.start(actor.slot)

    def freeze(self, actor: Actor, seconds: float, *, replaced: bool) -> bool:
        """Stop it where it stands; replaced, another one plays its part beside the zombie."""
        if len([a for a in self.actors if a.is_zombie or a.thaw_at]) >= MOST_ZOMBIES:
            return False
        os.kill(actor.pid, signal.SIGSTOP)
        actor.thaw_at, actor.is_zombie = time.monotonic() + seconds, replaced
        if replaced:
            self.start(actor.slot)
        return True

    def tend(self, *, everyone: bool = False) -> None:
        """Thaw whose time has come, bury who has ended, start who is missing."""
        for actor in list(self.actors):
            if actor.thaw_at and (everyone or time.monotonic() >= actor.thaw_at):
                os.kill(actor.pid, signal.SIGCONT)
                actor.thaw_at = None
            if not actor.process.is_alive():
                self._bury(actor)
        for slot in self.parts - {actor.slot for actor in self.actors}:
            self.start(slot)

    def send_away(self, *kinds: type[Worker]) -> None:
        """End those of a kind, or all, and start none in their place."""
        gone = {slot for slot in self.parts if not kinds or issubclass(self.cast[slot], kinds)}
        self.parts -= gone
        for actor in [actor for actor in self.actors if actor.slot in gone]:
            self._end(actor)

    def _end(self, actor: Actor) -> None:
        actor.process.kill()
        actor.process.join()
        self.actors.remove(actor)
        actor.process.close()

    def _bury(self, actor: Actor) -> None:
        actor.process.join()
        outcome = "superseded" if actor.process.exitcode == 0 else "failed"
        self.ends[outcome] += 1
        self.actors.remove(actor)
        actor.process.close()
