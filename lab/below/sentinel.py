"""A pair under a real Sentinel: it promotes the replica and tells clients where to go."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from redis.sentinel import Sentinel

from lab.below.pair import Pair
from lab.ports import free_port
from lab.waiting import wait_until
from redis_xcom.embedded import find_server

if TYPE_CHECKING:
    from types import TracebackType

    from redis import Redis

NAME = "lab"
SILENCE_MS = 10_000
"""Longer than a busy machine keeps a server from answering: nothing is promoted unasked."""
CONFIGURATION = f"""\
port {{port}}
bind 127.0.0.1
dir {{directory}}
sentinel monitor {NAME} 127.0.0.1 {{primary}} 1
sentinel down-after-milliseconds {NAME} {SILENCE_MS}
sentinel failover-timeout {NAME} 4000
"""


class Watched(Pair):
    """A pair whose failover is Sentinel's, and whose clients ask Sentinel for the primary."""

    def __init__(self, *, server: str) -> None:
        super().__init__(server=server)
        self._server, self._port = find_server(server), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._own = tempfile.TemporaryDirectory(prefix="rx-")
        self._sentinel = Sentinel([("127.0.0.1", self._port)], socket_timeout=5)

    def client(self) -> Redis:
        """Return a client as an application makes it."""
        return self._sentinel.master_for(NAME, socket_timeout=10)

    def __enter__(self) -> Watched:
        super().__enter__()
        path = Path(self._own.name) / "sentinel.conf"
        primary = self.ports[self.primary]
        path.write_text(
            CONFIGURATION.format(port=self._port, directory=self._own.name, primary=primary)
        )
        with (Path(self._own.name) / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._server, str(path), "--sentinel"], stdout=log, stderr=log
            )
        self.await_watch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._own.cleanup()
        super().__exit__(kind, error, trace)

    def await_watch(self) -> None:
        """Return once Sentinel knows primary and replica, and could promote."""
        wait_until(self._is_watched, "Sentinel to see both")

    def rejoin(self) -> None:
        super().rejoin()
        self.await_watch()

    def _promote(self) -> None:
        heir = self.ports[self.replica]
        wait_until(self._told_to_act, "Sentinel to find the replica fit")
        wait_until(lambda: self._primary_port() == heir, "Sentinel to promote the replica")

    def _told_to_act(self) -> bool:
        """Sentinel need not wait until it is sure of the death."""
        try:
            return bool(self._sentinel.sentinels[0].execute_command("SENTINEL FAILOVER", NAME))
        except redis.ResponseError:
            return False

    def _is_watched(self) -> bool:
        try:
            replicas = self._sentinel.discover_slaves(NAME)
        except redis.ConnectionError:
            return False
        return (
            self._primary_port() == self.ports[self.primary]
            and ("127.0.0.1", self.ports[self.replica]) in replicas
        )

    def _primary_port(self) -> int:
        try:
            port: int = self._sentinel.discover_master(NAME)[1]
        except redis.ConnectionError:
            return 0
        return port
