"""A proxy in front of a server's Unix socket that loses replies and cuts requests, by the dice."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import tempfile
import threading
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hiredis

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

UNFINISHED = object()
SCRIPTS = frozenset({b"EVALSHA", b"EVAL"})


class Proxy:
    """Passes commands on and their replies back, but for what it loses.

    A lost reply: the server has executed the command, its answer is dropped and the connection
    closed. A cut request: half of it is passed on and the connection closed.

    :param target: the server's socket.
    :param swallow: share of the replies to lose.
    :param cut: share of the requests to cut.
    :param victims: commands that faults befall; None for all, a connection's greetings included.
    """

    def __init__(
        self,
        target: Path,
        *,
        swallow: float = 0.0,
        cut: float = 0.0,
        seed: int = 0,
        victims: frozenset[bytes] | None = SCRIPTS,
    ) -> None:
        self.swallow, self.cut, self.victims, self.seed = swallow, cut, victims, seed
        self.silent = False
        """Takes requests and answers none, connections stay open: a server that hangs."""
        self.seen: Counter[str] = Counter()
        """How many replies were `passed` and `swallowed`, and requests `cut`."""
        self._target = str(target)
        self._dice = random.Random(seed)
        self._aims: list[tuple[bytes, str]] = []
        self._directory = Path(tempfile.mkdtemp(prefix="rx-"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._open: set[socket.socket] = {self._listener}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"unix://{self._directory / 's'}"

    def __enter__(self) -> Proxy:
        self._listener.bind(str(self._directory / "s"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            for one in self._open:
                _shut(one)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                self._listener.close()
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._target)
            except OSError:
                client.close()
                server.close()
                continue
            Link(self, client, server).start()

    def aim(self, sha: str, what: str) -> None:
        """Let the next request for this script be `cut`, or its next reply be `swallowed`."""
        with self._lock:
            self._aims.append((sha.encode(), what))

    def loses(self, share: float, request: list[bytes], what: str) -> bool:
        command, script = request[0].upper(), request[1] if len(request) > 1 else b""
        with self._lock:
            lost = (script, what) in self._aims
            if lost:
                self._aims.remove((script, what))
            elif self.victims is None or command in self.victims:
                lost = self._dice.random() < share
            self.seen[what if lost else "passed"] += lost or what == "swallowed"
        return lost

    def opened(self, *sockets: socket.socket) -> None:
        with self._lock:
            self._open.update(sockets)

    def closed(self, *sockets: socket.socket) -> None:
        with self._lock:
            self._open.difference_update(sockets)
            for one in sockets:
                one.close()


class Link:
    """One client's connection: a thread for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._asked: deque[list[bytes]] = deque()
        proxy.opened(client, server)

    def start(self) -> None:
        threading.Thread(target=self._run, name="proxy link", daemon=True).start()

    def _run(self) -> None:
        back = threading.Thread(
            target=self._pump, args=(self._server, self._pass_replies), daemon=True
        )
        back.start()
        self._pump(self._client, self._pass_requests)
        back.join()
        self._proxy.closed(self._client, self._server)

    def _pump(self, source: socket.socket, pass_on: Callable[[list[Any], bytes], bool]) -> None:
        reader = hiredis.Reader(notEnoughData=UNFINISHED)
        held = b""
        try:
            while data := source.recv(65536):
                reader.feed(data)
                held += data
                if (messages := _whole_messages(reader)) and not reader.has_data():
                    if not pass_on(messages, held):
                        break
                    held = b""
        except OSError:
            pass
        _shut(self._client)
        _shut(self._server)

    def _pass_requests(self, requests: list[list[bytes]], data: bytes) -> bool:
        cut = False
        for request in requests:
            self._asked.append(request[:2])
            cut |= self._proxy.loses(self._proxy.cut, request[:2], "cut")
        self._server.sendall(data[: len(data) // 2] if cut else data)
        return not cut

    def _pass_replies(self, replies: list[Any], data: bytes) -> bool:
        asked = [self._asked.popleft() for _ in replies]
        if any(self._proxy.loses(self._proxy.swallow, request, "swallowed") for request in asked):
            return False
        if not self._proxy.silent:
            self._client.sendall(data)
        return True


def _whole_messages(reader: hiredis.Reader) -> list[Any]:
    return list(iter(reader.gets, UNFINISHED))


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
