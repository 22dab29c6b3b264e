"""Calls of a file system of fsspec, each with an end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from typing import Any

from redis_xcom.airflow.xcom.troubles import kind_of
from redis_xcom.errors import StoreUnavailable

QUIET = 4.0
"""Seconds of silence after which the store is asked whether it is there at all."""
PATIENCE = 4.0
"""Seconds that it has to answer that."""
LEAST = 10.0
"""Seconds that a call may take, however small; beyond them a megabyte has a second."""
SLOWEST = 1_000_000


class Calls:
    """Libraries try again for minutes: this asks a silent store something small instead.

    :param fs: the file system. One that knows no event loop is called as it is, without an end.
    """

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def do(
        self, method: str, path: str, *args: Any, size: int = 0, least: float = 0.0, **how: Any
    ) -> Any:
        """Return what the method returns; raise what it raises, or `TimeoutError`.

        :param size: bytes to move, where that is known before.
        :param least: seconds that it may take if they are more, as long as the store answers.
        """
        if not self._fs.async_impl:
            return getattr(self._fs, method)(path, *args, **how)
        call = self._begun(getattr(self._fs, f"_{method}")(path, *args, **how))
        try:
            self._wait(call, path, size, least)
            return call.result()
        finally:
            call.cancel()

    def _begun(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._fs.loop)

    def _wait(self, call: Future[Any], path: str, size: int, least: float) -> None:
        began = time.monotonic()
        while not wait([call], QUIET).done:
            size = max(size, self._size(path))
            if time.monotonic() - began > max(least, LEAST) + size / SLOWEST:
                raise TimeoutError(f"not done within {time.monotonic() - began:.0f} s")

    def _size(self, path: str) -> int:
        """Ask how much lies there: any answer will do, and none is an end to patience."""
        asked = self._begun(self._fs._info(path))  # noqa: SLF001 (its async half)
        try:
            if not wait([asked], PATIENCE).done:
                raise TimeoutError(f"silent for {QUIET + PATIENCE:g} s")
            return int(asked.result().get("size") or 0)
        except Exception as error:
            if kind_of(error) is StoreUnavailable:
                raise
            return 0
        finally:
            asked.cancel()
