"""Asking a queue again and again from a triggerer's event loop, whatever its server does."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from redis_xcom.aio import connect
from redis_xcom.errors import ServerUnavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from redis_xcom.airflow.connection import RedisServer

log = logging.getLogger(__name__)
T = TypeVar("T")

AT_ONCE = 4
CROWD = 100
"""So many triggers ask at their own pace; more of them ask no oftener than these together."""
LONGEST_PAUSE = 30.0


@dataclass
class _Shared:
    """One client for all that look at one server from one event loop; closed with the last."""

    client: Redis
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    users: int = 0


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, _Shared]] = WeakKeyDictionary()


@asynccontextmanager
async def shared_client(server: RedisServer) -> AsyncIterator[_Shared]:
    """Lend the event loop's client for this server: hundreds of triggers, a few connections."""
    clients = _of_loop.setdefault(asyncio.get_running_loop(), {})
    key = (server.url, *sorted(server.options.items()))
    if key not in clients:
        clients[key] = _Shared(connect(server.url, **server.options))
    shared = clients[key]
    shared.users += 1
    try:
        yield shared
    finally:
        shared.users -= 1
        if not shared.users:
            del clients[key]
            await shared.client.aclose()


class Patrol:
    """Asks at a steady pace, and more slowly while the server is away; that is logged once.

    :param pace: seconds between two questions.
    """

    def __init__(self, shared: _Shared, *, pace: float) -> None:
        self._shared = shared
        self._pace = pace
        self._misses = 0

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Return the answer; None where nobody answers."""
        async with self._shared.turns:
            try:
                answer = await _apart(question)
            except ServerUnavailable as error:
                self._miss(error)
                return None
        if self._misses:
            log.info("The server answers again")
        self._misses = 0
        return answer

    @property
    def pause(self) -> float:
        """Seconds until the next question."""
        crowded = self._pace * max(1.0, self._shared.users / CROWD)
        return crowded if not self._misses else min(LONGEST_PAUSE, crowded * 2.0**self._misses)

    async def rest(self) -> None:
        """Sleep until the next question is due, never in step with others."""
        await asyncio.sleep(self.pause * random.uniform(0.8, 1.2))  # noqa: S311 (hides nothing)

    def _miss(self, error: ServerUnavailable) -> None:
        self._misses = min(self._misses + 1, 10)
        if self._misses == 1:
            log.warning("No answer, asking on: %s", error)


async def _apart(question: Callable[[], Awaitable[T]]) -> T:
    """Await an answer in a task of its own, so that a cancellation ends the asking in any case.

    With Python 3.11 and older `asyncio.wait_for`, by which redis-py sends, now and then takes a
    cancellation for the end of its own waiting: a trigger that nobody wants would ask on for ever.
    """
    task = asyncio.ensure_future(question())
    try:
        await asyncio.wait((task,))
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
            if not task.cancelled():
                task.exception()  # nobody waits for it any more
    return task.result()
