"""The storm itself: strikes at random moments, then calm, then the account."""

from __future__ import annotations

import heapq
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from redis import RedisError

from lab.chaos.crew import CAST, Cast, Crew
from lab.chaos.ground import MOST_CLAIMED, TAGS, Ground, Plant
from lab.chaos.producers import Producer, Stranger
from lab.chaos.strikes import FAULTS, Fault
from lab.history import witness
from lab.history.judge import Judge
from lab.history.recording import Recording
from lab.history.told import compare, read_told
from lab.proxy import Proxy
from lab.waiting import wait_until
from redis_xcom import RedisXComError
from redis_xcom.connect import connect
from redis_xcom.embedded import EmbeddedServer

# everysec delays its writes while a sync is slow, and a SIGKILL loses what it has confirmed.
SETTINGS = {"appendonly": "yes", "appendfsync": "always", "auto-aof-rewrite-min-size": "64mb"}
PAUSES = (0.02, 0.4)
CALM = 120.0
"""Seconds to work off what is left when the last fault has struck."""
Later = tuple[float, int, Callable[[], object]]


@dataclass
class Storm:
    """Use it as a context manager, then `rage` and ask for the `verdict`.

    :param server: which binary, see `find_server`.
    :param plant: a fault to put into the scripts, to see that it is found.
    :param cast: the workers, by their kinds.
    """

    seed: int
    server_name: str | None = None
    plant: Plant | None = None
    cast: Cast = CAST
    strikes: Counter[str] = field(default_factory=Counter)
    skew_ms: int = 0
    jumped_at: float = 0.0
    told_lines: int = 0
    _open: ExitStack = field(default_factory=ExitStack)
    _later: list[Later] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    def __enter__(self) -> Storm:
        with ExitStack() as opening:
            self._set_up(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def _set_up(self, opening: ExitStack) -> None:
        folder = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix="storm-")))
        told = folder / "told"
        told.mkdir()
        server = EmbeddedServer(server=self.server_name, settings=SETTINGS)
        self.server = opening.enter_context(server)
        self.proxy = opening.enter_context(Proxy(server.socket, seed=self.seed))
        self.ground = Ground(server.url, told, self.seed, self.plant)
        opening.callback(self.ground.close)
        self.ground.install_witness()
        opening.callback(witness.remove)
        self.dice = self.ground.dice("storm")
        self.client = opening.enter_context(closing(connect(server.url)))
        self.recording = opening.enter_context(Recording(server.url, TAGS))
        self.recording.judge.forwarding = frozenset({self.ground.work.keys.base})
        faulty = Ground(self.proxy.url, told, self.seed, self.plant)
        self.crew = Crew(self.ground, faulty, self.cast)
        self.ground.keyed.limit(max_claimed=MOST_CLAIMED)
        opening.callback(self.crew.send_away)

    @property
    def judge(self) -> Judge:
        return self.recording.judge

    def rage(self, seconds: float, faults: Sequence[Fault] = FAULTS) -> None:
        """Strike until the time is over or a rule is broken: with everything once, then anyhow."""
        end = time.monotonic() + seconds
        self.crew.start_all()
        everything = iter(self.dice.sample(faults, len(faults)))
        while time.monotonic() < end and not self.judge.violations:
            self._pass_time(self.dice.uniform(*PAUSES))
            anything = self.dice.choices(faults, [fault.weight for fault in faults])
            self._strike(next(everything, *anything))

    def _strike(self, fault: Fault) -> None:
        try:
            if fault.strike(self):
                self.strikes[fault.told] += 1
        except (RedisXComError, RedisError):  # another fault is in its way
            self.strikes["strikes in each other's way"] += 1

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), what))

    def relieve(self) -> None:
        self.client.config_set("maxmemory", 0)

    def verdict(self) -> Judge:
        """Let all be worked off in calm, and return the judge with its account settled."""
        self._calm_down()
        try:
            wait_until(self._is_worked_off, "all items to be worked off", timeout=CALM, every=0.2)
        except TimeoutError as error:
            self.judge.book.check(None, str(error))
        self.crew.send_away()
        judge = self.recording.verdict()
        judge.book.check(not self.crew.ends["failed"], "a worker failed: see its last words")
        self.told_lines = compare(judge.book, read_told(self.ground.told))
        return judge

    def _calm_down(self) -> None:
        for _, _, what in sorted(self._later):
            what()
        self._later.clear()
        self.crew.send_away(Producer, Stranger)
        self.crew.tend(everyone=True)
        for queue in self.ground.queues():
            queue.redrive()

    def _is_worked_off(self) -> bool:
        self.crew.tend()
        stats = [queue.stats() for queue in self.ground.queues()]
        return bool(self.judge.violations) or all(one.total == one.dead for one in stats)

    def _pass_time(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))
            self.crew.tend()
            while self._later and self._later[0][0] <= time.monotonic():
                heapq.heappop(self._later)[2]()
