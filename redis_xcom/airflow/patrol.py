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
        self._turns = shared.turns
        self._pace = pace
        self._misses = 0

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Return the answer; None where nobody answers."""
        async with self._turns:
            try:
                answer = await question()
            except ServerUnavailable as error:
                self._miss(error)
                return None
        if self._misses:
            log.info("The server answers again, after %s questions", self._misses)
        self._misses = 0
        return answer

    async def rest(self) -> None:
        """Sleep until the next question is due, never in step with others."""
        pause = min(LONGEST_PAUSE, self._pace * 2 ** min(self._misses, 10))
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 (hides nothing)

    def _miss(self, error: ServerUnavailable) -> None:
        self._misses += 1
        if self._misses == 1:
            log.warning("No answer, asking on: %s", error)
