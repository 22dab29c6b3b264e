"""What all workers of the storm have in common: they are killed, and begin anew."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time

from redis import RedisError

from lab.chaos.ground import Ground
from lab.history.told import Told
from redis_xcom import RedisXComError, Superseded


class Worker:
    """One process. `slot` is its part in the storm, `start` counts who has played that part."""

    def __init__(self, ground: Ground, slot: int, start: int) -> None:
        self.ground, self.slot, self.start = ground, slot, start
        self.name = f"{slot}.{start}"
        self.dice = ground.dice(slot, start)
        self.told = Told(ground.told / self.name)

    def begin(self) -> None:
        """Before the first turn."""

    def turn(self) -> None:
        raise NotImplementedError

    def work(self) -> None:
        """Take turns until killed, told that a newer one has this claim id, or left alone."""
        self.begin()
        parent = os.getppid()
        with contextlib.suppress(Superseded):
            while os.getppid() == parent:
                self._try_a_turn()

    def _try_a_turn(self) -> None:
        try:
            self.turn()
        except Superseded:
            raise
        except (RedisXComError, RedisError):
            time.sleep(0.01)


def play(kind: type[Worker], ground: Ground, slot: int, start: int) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()
    ground.install_witness()
    kind(ground, slot, start).work()
    os._exit(0)
