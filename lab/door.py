"""A door in front of an HTTP server: it passes requests on, refuses some, or keeps them waiting."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

LARGE = 100_000
HOP = {"connection", "transfer-encoding", "keep-alive", "expect", "content-length"}


class Door:
    """Leads to a server of `lab.object_servers`.

    :param port: where that listens.
    """

    def __init__(self, port: int) -> None:
        self.refuses: Callable[[Any], int | None] = lambda _: None
        """Asked with each request (`command`, `path`, `headers`): a status to answer with."""
        self.silent = False
        """Takes requests and answers none."""
        self.hesitant = False
        """Sends no large body before it is asked something else, too."""
        self.refused = 0
        self.asked = threading.Condition()
        self.requests = 0
        self.target = port
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Visitor)
        self._server.daemon_threads = True
        self._server.door = self  # type: ignore[attr-defined]

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Door:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class Visitor(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"  # who sends a large body asks first whether it may

    def handle_any(self) -> None:
        door: Door = self.server.door  # type: ignore[attr-defined]
        with door.asked:
            door.requests += 1
            door.asked.notify_all()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if door.silent:
            door.over.wait()
            return
        if status := door.refuses(self):
            door.refused += 1
            self._answer(status, {"Content-Length": "0"})
            return
        self._pass_on(door, body)

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def _pass_on(self, door: Door, body: bytes) -> None:
        connection = HTTPConnection("127.0.0.1", door.target)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        length = answer.headers.get("Content-Length") or str(len(data))
        self._answer(answer.status, told | {"Content-Length": length})
        if door.hesitant and len(data) > LARGE:
            with door.asked:
                before = door.requests
                door.asked.wait_for(lambda: door.requests > before)
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815
