"""A primary with a replica, behind one address that follows whoever is primary."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.freezing import freeze, thaw
from lab.ports import free_port
from lab.waiting import wait_until
from redis_xcom.connect import connect
from redis_xcom.embedded import EmbeddedServer

if TYPE_CHECKING:
    from types import TracebackType

    from redis import Redis

NOBODY = 1
"""A port that nobody listens on."""
REPLICATING = {"bind": "127.0.0.1", "repl-diskless-sync-delay": "0"}


class Pair:
    """Two servers that live as long as its `with` block.

    Their common address is a link to the primary's socket: a connection made after `promote`
    reaches the former replica, as behind a name or an address that moves.
    """

    def __init__(self, *, server: str) -> None:
        ports = free_port(), free_port()
        self.primary, self.replica = (
            EmbeddedServer(server=server, settings=REPLICATING | {"port": str(port)})
            for port in ports
        )
        self.ports = dict(zip((self.primary, self.replica), ports, strict=True))
        self.died = self.promoted = 0.0
        self._directory = Path(tempfile.mkdtemp(prefix="rx-"))

    @property
    def url(self) -> str:
        return f"unix://{self._directory / 's'}"

    def client(self) -> Redis:
        return connect(self.url)

    def __enter__(self) -> Pair:
        self.primary.start()
        self.replica.start()
        self._move_address(self.primary)
        self.replicate()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.replica.kill()  # it may be frozen, and would not end by being asked
        self.replica.remove()
        self.primary.remove()
        shutil.rmtree(self._directory, ignore_errors=True)

    def replicate(self) -> None:
        """Have the replica follow the primary; returns once it has everything."""
        client = self.replica.client()
        client.replicaof("127.0.0.1", self.ports[self.primary])
        wait_until(lambda: client.info("replication")["master_link_status"] == "up", "the replica")
        client.close()

    def freeze(self) -> None:
        """Stop the replica where it stands; what it is sent waits in the sockets on the way."""
        freeze(self.replica.pid)

    def thaw(self) -> None:
        thaw(self.replica.pid)

    def cut_off(self) -> None:
        """From now on the replica receives nothing."""
        with self.replica.client() as client:
            client.replicaof("127.0.0.1", NOBODY)

    def fail_over(self) -> None:
        """The primary dies at once, the replica takes its place with what it has."""
        self.primary.kill()
        self.died = time.monotonic()
        self.thaw()
        self._promote()
        self.promoted = time.monotonic()
        self.primary, self.replica = self.replica, self.primary
        self._move_address(self.primary)

    def _promote(self) -> None:
        with self.replica.client() as client:
            client.replicaof("NO", "ONE")

    def rejoin(self) -> None:
        """The server that died comes back as the replica."""
        self.replica.start()
        self.replicate()

    def _move_address(self, server: EmbeddedServer) -> None:
        link, moved = self._directory / "s", self._directory / "moved"
        moved.symlink_to(server.socket)
        moved.replace(link)
