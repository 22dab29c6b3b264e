"""How the scripts of one queue reach the server, and what of the way there is put right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from redis_xcom.connect import follows_sentinel
from redis_xcom.faults import translated
from redis_xcom.keys import Keys
from redis_xcom.script import load

if TYPE_CHECKING:
    from typing_extensions import Self

    from redis_xcom.durability import Replicated


class Courier:
    """Sends scripts and commands on one client; a reply comes back as it is, an error as ours.

    :param clock: microseconds, for tests that play with time; None for the server's own.
    :param durability: who has to confirm what a script writes; None for nobody.
    """

    def __init__(
        self,
        client: Any,
        keys: Keys,
        *,
        clock: Callable[[], int] | None = None,
        durability: Replicated | None = None,
    ) -> None:
        self.client = client
        self.keys = keys
        self.clock = clock
        self.durability = durability
        self._followed = follows_sentinel(client)
        self._names = keys.all()
        self._writer = client if durability is None else _confirming(client, durability, keys)

    def on_one_connection(self) -> Self:
        """Return the same scripts on a connection of their own: faster, for one thread."""
        from redis import Redis, RedisError

        if type(self.client) is not Redis or self._followed:
            # One connection would go on asking for the primary where that was at first.
            return self._on(self.client)
        pool = self.client.connection_pool
        try:
            own = Redis(connection_pool=pool, single_connection_client=True)
        except RedisError as error:
            raise translated(error, self.client, self.keys) from error
        return self._on(own)

    def _on(self, client: Any) -> Self:
        return type(self)(client, self.keys, clock=self.clock, durability=self.durability)

    def close_connection(self) -> None:
        """Hand back the connection of `on_one_connection`."""
        if getattr(self.client, "connection", None) is not None:
            self.client.close()

    def _run(self, name: str, args: Iterable[Any], other: Keys | None = None) -> Any:
        return self._ask(self._writer, name, args, other)

    def _ask(self, who: Any, name: str, args: Iterable[Any], other: Keys | None = None) -> Any:
        import redis

        script = load(name)
        names = self._names
        if other is not None:
            names = (*names, other.part("state"), other.part("ready"))
        now = "" if self.clock is None else self.clock()
        command = (len(names), *names, now, *args)
        try:
            return who.execute_command("EVALSHA", script.sha, *command)
        except redis.exceptions.NoScriptError:
            pass
        except (redis.RedisError, redis.exceptions.RedisClusterException) as error:
            from redis_xcom.retry import passes

            if not passes(error, followed=self._followed):
                raise translated(error, self.client, self.keys, other) from error
        except BaseException:
            self._forget_replies()
            raise
        return self._send("EVAL", script.text, *command, other=other, who=who)

    def _send(self, *command: Any, other: Keys | None = None, who: Any = None) -> Any:
        import redis

        from redis_xcom.retry import persevere

        sender = who or self.client
        try:
            return persevere(lambda: sender.execute_command(*command), followed=self._followed)
        except (redis.RedisError, redis.exceptions.RedisClusterException) as error:
            raise translated(error, self.client, self.keys, other) from error
        except BaseException:
            self._forget_replies()
            raise

    def _forget_replies(self) -> None:
        """A call cut short leaves its reply on its connection, where the next would take it."""
        if (connection := getattr(self.client, "connection", None)) is not None:
            connection.disconnect()
        elif (pool := getattr(self.client, "connection_pool", None)) is not None:
            pool.disconnect(inuse_connections=False)


def _confirming(client: Any, durability: Replicated, keys: Keys) -> Any:
    from redis_xcom.confirming import Confirming

    return Confirming(client, durability, keys.name)
