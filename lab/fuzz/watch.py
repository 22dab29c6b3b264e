"""An eye on a fuzzing process from outside it: what it is at, and whether it gets on."""

from __future__ import annotations

import mmap
import signal
import struct
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

HEAD = struct.Struct("=QQ16s")
ROOM = 65_536
LONGEST_CPU_SECONDS = 1.0


class Slate:
    """A file in memory that outlives its writer: how many inputs were begun, and the last one."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:  # noqa: PTH123 (a descriptor is all that is wanted)
            self._shared = mmap.mmap(file.fileno(), ROOM)
        self._begun = 0

    @staticmethod
    def make() -> str:
        with tempfile.NamedTemporaryFile(prefix="fuzz-", delete=False) as file:
            file.truncate(ROOM)
            return file.name

    def write(self, target: str, data: bytes) -> None:
        self._begun += 1
        head = HEAD.pack(self._begun, len(data), target.encode())
        self._shared[: HEAD.size + len(data)] = head + data

    @property
    def begun(self) -> int:
        begun: int = HEAD.unpack_from(self._shared)[0]
        return begun

    def last(self) -> tuple[str, bytes]:
        _, size, target = HEAD.unpack_from(self._shared)
        return target.rstrip(b"\0").decode(), bytes(self._shared[HEAD.size : HEAD.size + size])


class Hang(BaseException):
    """One input took a whole second of this process' own time."""


@contextmanager
def hangs_told() -> Iterator[None]:
    """Let `limited` raise `Hang`."""
    before = signal.signal(signal.SIGPROF, _tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


@contextmanager
def limit() -> Iterator[None]:
    """Give the input inside its second: of processor time, whatever else runs here.

    Raises `Hang` where `hangs_told`; elsewhere there is no limit, for nobody would hear of it.
    """
    if signal.getsignal(signal.SIGPROF) is not _tell:
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, LONGEST_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _tell(_number: int, _frame: FrameType | None) -> None:
    raise Hang(f"more than {LONGEST_CPU_SECONDS:g} s")
