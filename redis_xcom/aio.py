"""Looking at queues from an event loop: the same scripts, an asynchronous client."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.connect import build
from redis_xcom.errors import RedisXComError
from redis_xcom.keys import Keys
from redis_xcom.outlook import Outlook, read_outlook
from redis_xcom.script import load
from redis_xcom.units import milliseconds
from redis_xcom.watch import Watch

if TYPE_CHECKING:
    from redis.asyncio import Redis

TRIES = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
TIMEOUT = 5.0
NAME = "redis-xcom-watch"


def connect(url: str, **options: Any) -> Redis:
    """Return an asynchronous client for the url; it connects at its first command.

    Few tries: whoever watches asks again anyway.
    """
    from redis import asyncio
    from redis.asyncio.retry import Retry
    from redis.backoff import ExponentialWithJitterBackoff

    backoff = ExponentialWithJitterBackoff(base=FIRST_PAUSE, cap=LONGEST_PAUSE)
    settings = {"retry": Retry(backoff, TRIES), "client_name": NAME, "socket_timeout": TIMEOUT}
    client: Redis = build(asyncio.Redis, url, **settings | options)
    return client


class Lookout:
    """Looks at one queue and takes nothing.

    :param clock: microseconds, for tests that play with time; None for the server's own.
    """

    def __init__(
        self, client: Redis | Any, keys: Keys, *, clock: Callable[[], int] | None = None
    ) -> None:
        self.keys = keys
        self._client = client
        self._clock = clock

    async def outlook(self, quiet: timedelta | None = None) -> Outlook:
        """See `Queue.outlook`.

        :param quiet: None for a third of each claim's lease, of those that have tries: there
            somebody may know what became of the owner.
        """
        quiet_ms = "" if quiet is None else milliseconds(quiet, "quiet")
        return read_outlook(await self._ask("outlook", quiet_ms))

    async def wake(self, watch: Watch) -> Outlook | None:
        """Answer what lies there if this watcher is to call somebody now, and remember that."""
        calls, *seen = await self._ask("wake", *watch.question(secrets.token_hex(4)))
        return read_outlook(seen) if calls else None

    async def _ask(self, name: str, *args: Any) -> Any:
        import redis

        script, names = load(name), self.keys.all()
        now = "" if self._clock is None else self._clock()
        command = (len(names), *names, now, *args)
        try:
            try:
                return await self._client.execute_command("EVALSHA", script.sha, *command)
            except redis.exceptions.NoScriptError:
                return await self._client.execute_command("EVAL", script.text, *command)
        except redis.RedisError as error:
            raise _told(error, self.keys) from error


def _told(error: Exception, keys: Keys) -> RedisXComError:
    """Return our error for the library's: nobody waits here for details."""
    import redis

    from redis_xcom.errors import ServerError, ServerUnavailable
    from redis_xcom.retry import passes

    away = isinstance(error, (redis.ConnectionError, redis.TimeoutError)) or passes(error)
    kind = ServerUnavailable if away else ServerError
    return kind(f"queue {keys.name!r}: {str(error).split(' script: ')[0]}")
