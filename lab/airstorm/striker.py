"""Strikes as the plan says: each when it is due and there is somebody to strike."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import psutil

from lab.airflow import LocalAirflow
from lab.airstorm.database import Database
from lab.airstorm.plan import Strike
from lab.airstorm.targets import Target, Targets, parent_of

CONSUMERS = ("storm_claim/", "storm_handle/", "storm_inside/", "storm_drain/")
MAY_FAIL = ("storm_claim/", "storm_inside/", "storm_drain/")
"""What may be marked failed. A process that goes on for a second after it returns its payloads
late; where tasks are mapped over several claims by then, Airflow passes them on in the place of
the last claim's, see docs/airflow.md."""
TRIGGERER_SECONDS = 11.0
"""How long one is frozen: beyond its health threshold, see `names.FAST`."""


@dataclass(frozen=True)
class Frozen:
    """Processes that were stopped together, and when they go on."""

    kind: str
    processes: list[psutil.Process]
    until: float

    def thaw(self) -> None:
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


@dataclass
class Striker:
    """What has been struck stands in `done`, in the order it was struck.

    :param strikes: in the order they are due.
    :param lease: seconds; who is frozen stays so for longer.
    """

    airflow: LocalAirflow
    database: Database
    targets: Targets
    strikes: list[Strike]
    lease: float
    done: list[tuple[Strike, str]] = field(default_factory=list)
    _frozen: list[Frozen] = field(default_factory=list)
    _struck: set[int] = field(default_factory=set)  # processes: none is struck twice

    @property
    def count(self) -> Counter[str]:
        return Counter(strike.kind for strike, _ in self.done)

    def places(self, kind: str) -> set[str]:
        """Where strikes of this kind hit."""
        return {place for strike, place in self.done if strike.kind == kind}

    def step(self, progress: int) -> None:
        """Strike one of each kind at most that is due and finds a target."""
        self.thaw(until=time.monotonic())
        tried = set()
        for strike in [strike for strike in self.strikes if strike.due <= progress]:
            if strike.kind not in tried:
                tried.add(strike.kind)
                self._try(strike)

    def thaw(self, *, until: float = math.inf) -> None:
        for frozen in [frozen for frozen in self._frozen if frozen.until < until]:
            frozen.thaw()
            self._frozen.remove(frozen)

    def _try(self, strike: Strike) -> None:
        if (place := STRIKES[strike.kind](self, strike.pick)) is not None:
            self.strikes.remove(strike)
            self.done.append((strike, place))

    def _choose(self, targets: list[Target], pick: float) -> Target | None:
        spared = [target for target in targets if target.pid not in self._struck]
        return spared[int(pick * len(spared))] if spared else None

    def _working(self, pick: float) -> Target | None:
        return self._choose(self.targets.lingering(*CONSUMERS), pick)

    def _kill(self, target: Target | None) -> str | None:
        return self._struck_at(target) if target and _sent(target.pid, signal.SIGKILL) else None

    def _struck_at(self, target: Target) -> str:
        self._struck.add(target.pid)
        return target.place

    def _kill_task(self, pick: float) -> str | None:
        return self._kill(self._choose(self.targets.holding(), pick))

    def _kill_push(self, pick: float) -> str | None:
        return self._kill(self._choose(self.targets.lingering("storm_push/"), pick))

    def _kill_before_ack(self, pick: float) -> str | None:
        """In the one gap that `on_success` has: Airflow knows of the success, the queue not yet."""
        succeeded = self.database.paths("success")
        gap = [target for target in self.targets.holding() if target.place in succeeded]
        return self._kill(self._choose(gap, pick))

    def _kill_supervisor(self, pick: float) -> str | None:
        """Leave the task's process running: it becomes an orphan beside its retry."""
        target = self._working(pick)
        supervisor = target and parent_of(target.pid)
        if target is None or supervisor is None:
            return None
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor.kill()
        return self._struck_at(target)

    def _clear(self, pick: float) -> str | None:
        target = self._working(pick)
        if target is None:
            return None
        at = target.task
        names = [at["task_id"] if at["map_index"] < 0 else (at["task_id"], at["map_index"])]
        return self._by_hand(
            target, lambda: self.airflow.api.clear(at["dag_id"], at["run_id"], names)
        )

    def _mark_failed(self, pick: float) -> str | None:
        target = self._choose(self.targets.lingering(*MAY_FAIL), pick)
        if target is None:
            return None
        return self._by_hand(target, lambda: self.airflow.api.mark("failed", **target.task))

    def _by_hand(self, target: Target, act: Callable[[], None]) -> str | None:
        """Hold the task still meanwhile: it is struck in the middle of its work, not after it."""
        if not _sent(target.pid, signal.SIGSTOP):
            return None
        try:
            if target not in self.targets.lingering(*CONSUMERS):
                return None
            act()
        except (httpx.HTTPError, ValueError) as error:
            print(f"not struck: {target.place}: {error}", flush=True)
            return None
        finally:
            _sent(target.pid, signal.SIGCONT)
        return self._struck_at(target)

    def _freeze_task(self, pick: float) -> str | None:
        """Its supervisor lives on: for Airflow the task is running all the time."""
        target = self._working(pick)
        if target is None:
            return None
        self._freeze("task frozen", [psutil.Process(target.pid)], 1.2 * self.lease)
        return self._struck_at(target)

    def _freeze_triggerer(self, pick: float) -> str | None:
        """Only one at a time, and only while there is something to trigger."""
        frozen = any(frozen.kind == "triggerer frozen" for frozen in self._frozen)
        if frozen or not self.database.paths("deferred"):
            return None
        name = ("triggerer", "triggerer-2")[int(2 * pick)]
        triggerer = self.airflow.component(name)
        processes = [triggerer, *triggerer.children(recursive=True)]
        self._freeze("triggerer frozen", processes, TRIGGERER_SECONDS)
        return name

    def _freeze(self, kind: str, processes: list[psutil.Process], seconds: float) -> None:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        self._frozen.append(Frozen(kind, processes, time.monotonic() + seconds))

    def _kill_scheduler(self, _pick: float) -> str | None:
        if not self.targets.holding():
            return None
        self.airflow.restart("scheduler")
        return "scheduler"


STRIKES: dict[str, Callable[[Striker, float], str | None]] = {
    "task killed": Striker._kill_task,  # noqa: SLF001 (a table of its own methods)
    "supervisor killed": Striker._kill_supervisor,  # noqa: SLF001
    "cleared": Striker._clear,  # noqa: SLF001
    "marked failed": Striker._mark_failed,  # noqa: SLF001
    "killed before its ack": Striker._kill_before_ack,  # noqa: SLF001
    "task frozen": Striker._freeze_task,  # noqa: SLF001
    "push killed": Striker._kill_push,  # noqa: SLF001
    "triggerer frozen": Striker._freeze_triggerer,  # noqa: SLF001
    "scheduler killed": Striker._kill_scheduler,  # noqa: SLF001
}


def _sent(pid: int, signum: signal.Signals) -> bool:
    """False when there is no such process any more."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True
