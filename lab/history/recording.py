"""Follows the histories of a server while they are written, and judges them at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import redis

from lab.history import witness
from lab.history.entry import Entry, read_entry
from lab.history.judge import Judge
from lab.waiting import wait_until

PAGE = 2_000
PAUSE_MS = 100


class Recording:
    """Reads what witnessed scripts note, and deletes it from the server once it is read.

    :param url: the server's own; it may be down for a while.
    :param tags: of the queues to follow. Each tag's history has an order of its own.
    """

    def __init__(self, url: str, tags: Iterable[str], *, judge: Judge | None = None) -> None:
        self.judge = judge or Judge()
        self._client = redis.Redis.from_url(url, protocol=2)
        self._client.set_response_callback("XREAD", lambda reply, **_: reply)
        self._last = {witness.stream(tag).encode(): b"0" for tag in tags}
        self._ends = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._follow, name="recording", daemon=True)

    def __enter__(self) -> Recording:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._client.close()

    def verdict(self, *, all_done: bool = True) -> Judge:
        """Return the judge when all is read that there is; nobody may write any more."""
        wait_until(self._is_read, "the history to be read", timeout=120)
        if self._failure is not None:
            raise self._failure
        return self.judge.settle_account(self._client, all_done=all_done)

    def _is_read(self) -> bool:
        unread = sum(self._client.xlen(stream) for stream in self._last)
        return unread == 0 or self._failure is not None

    def _follow(self) -> None:
        try:
            while not self._ends.is_set():
                self._turn_page()
        except BaseException as error:  # noqa: BLE001 (told to whoever asks for the verdict)
            self._failure = error

    def _turn_page(self) -> None:
        try:
            for stream, entries in self._read():
                self.judge.read(read_entry(at, fields[1]) for at, fields in entries)
                self._last[stream] = entries[-1][0]
                self._client.xtrim(stream, minid=_following(entries[-1][0]), approximate=False)
        except redis.RedisError:
            self._ends.wait(0.02)

    def _read(self) -> list[Any]:
        options = ("COUNT", PAGE, "BLOCK", PAUSE_MS, "STREAMS", *self._last, *self._last.values())
        return self._client.execute_command("XREAD", *options) or []


def read_history(client: Any, tag: str) -> Iterator[Entry]:
    """Yield all entries of a history that nobody follows."""
    for at, fields in client.xrange(witness.stream(tag)):
        yield read_entry(at, fields[b"call"])


def _following(stream_id: bytes) -> bytes:
    ms, _, number = stream_id.partition(b"-")
    return b"%b-%d" % (ms, int(number) + 1)
