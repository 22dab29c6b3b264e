"""The one place that sends commands: each script is a typed method, each reply is decoded here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from redis_xcom.connect import follows_sentinel, longest_block
from redis_xcom.faults import translated
from redis_xcom.keys import Keys
from redis_xcom.replies import Claimed, Pushed, Settled, read_claimed
from redis_xcom.script import load

if TYPE_CHECKING:
    from redis_xcom.durability import Replicated

ALL_HELD = ""
LONGEST_REASON = 500
LETTERS = {"ack": "a", "release": "r", "reject": "d"}


class Scripts:
    """Runs the scripts of one queue on one client.

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

    def on_one_connection(self) -> Scripts:
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

    def _on(self, client: Any) -> Scripts:
        return Scripts(client, self.keys, clock=self.clock, durability=self.durability)

    def close_connection(self) -> None:
        """Hand back the connection of `on_one_connection`."""
        if getattr(self.client, "connection", None) is not None:
            self.client.close()

    def push(
        self,
        envelopes: Sequence[bytes],
        *,
        producer: str,
        number: int,
        push_id: str,
        dedup_ids: Sequence[str] | None,
        remember_ms: int,
        delay_ms: int,
        max_length: int,
    ) -> Pushed:
        body: Sequence[Any] = envelopes
        if dedup_ids is not None:
            body = [part for pair in zip(dedup_ids, envelopes, strict=True) for part in pair]
        paired = int(dedup_ids is not None)
        options = (producer, number, push_id, remember_ms, delay_ms, max_length, paired)
        reply = self._run("push", (*options, *body))
        if reply[0] == b"full":
            return Pushed(waiting=int(reply[1]))
        return Pushed(int(reply[1]), int(reply[2]))

    def claim(
        self,
        claim_id: str,
        *,
        incarnation: str,
        after: int | None,
        ack_first: bool,
        limit: int,
        lease_ms: int,
        owner: str,
        max_deliveries: int,
        forward: Sequence[bytes] = (),
        forward_to: Keys | None = None,
    ) -> Claimed:
        follows = "" if after is None else after
        who = (claim_id, incarnation, follows, int(ack_first))
        what = (limit, lease_ms, _json_string(owner), max_deliveries)
        reply = self._run("claim", (*who, *what, *forward), forward_to)
        return read_claimed(reply)

    def settle(
        self,
        claim_id: str,
        *,
        generation: int,
        action: str,
        places: Iterable[int] | None,
        delay_ms: int = 0,
        failed: bool = False,
        reason: str = "",
        max_deliveries: int = 0,
        forward: Sequence[bytes] = (),
        forward_to: Keys | None = None,
    ) -> Settled:
        chosen = ALL_HELD if places is None else " ".join(map(str, places))
        what = (claim_id, generation, LETTERS[action], chosen)
        how = (delay_ms, int(failed), reason_text(reason), max_deliveries)
        return Settled(*self._run("settle", (*what, *how, *forward), forward_to))

    def extend(self, claim_id: str, *, generation: int, lease_ms: int) -> bool:
        return bool(self._run("extend", (claim_id, generation, lease_ms)) == 1)

    def redrive(self, ids: Sequence[str], *, limit: int, until_ms: str) -> tuple[int, str, int]:
        redriven, until, looked_at = self._run("redrive", (limit, until_ms, *ids))
        return redriven, str(until), looked_at

    def purge(self, *, dead: bool) -> int:
        return int(self._run("purge", (int(dead),)))

    def restore(self, orphans: Sequence[str]) -> int:
        """Put back what lies in fields of `claimed` that no claim's record stands for."""
        return int(self._run("restore", orphans))

    def stats(self) -> list[Any]:
        reply: list[Any] = self._ask(self.client, "stats", ())
        return reply

    def outlook(self, *, quiet_ms: int) -> list[int]:
        reply: list[int] = self._ask(self.client, "outlook", (quiet_ms,))
        return reply

    def silent(self, *, quiet_ms: int, seen: int) -> list[Any]:
        reply: list[Any] = self._ask(self.client, "silent", (quiet_ms, seen))
        return reply

    def peek(self, limit: int) -> list[bytes]:
        items: list[bytes] = self._send("LRANGE", self.keys.part("ready"), 0, limit - 1)
        return items

    def dead(self, limit: int) -> list[tuple[bytes, bytes]]:
        """Return ids and letters, oldest first."""
        ids = self._send("ZRANGE", self.keys.part("died"), 0, limit - 1)
        letters = self._send("HMGET", self.keys.part("dead"), *ids) if ids else []
        return [(i, letter) for i, letter in zip(ids, letters, strict=True) if letter is not None]

    def pause(self) -> None:
        self._run("pause", (1,))

    def resume(self) -> None:
        self._run("pause", (0,))

    def await_ready(self, seconds: float) -> bool:
        """Block until the list has an item, which stays: its head moves onto itself."""
        ready = self.keys.part("ready")
        block = round(min(seconds, longest_block(self.client)), 3)
        # To the server 0 seconds are for ever.
        return self._send("BLMOVE", ready, ready, "LEFT", "LEFT", max(block, 0.001)) is not None

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
        return self._send("EVAL", script.text, *command, other=other, who=who)

    def _send(self, *command: Any, other: Keys | None = None, who: Any = None) -> Any:
        import redis

        from redis_xcom.retry import persevere

        sender = who or self.client
        try:
            return persevere(lambda: sender.execute_command(*command), followed=self._followed)
        except (redis.RedisError, redis.exceptions.RedisClusterException) as error:
            raise translated(error, self.client, self.keys, other) from error


def _confirming(client: Any, durability: Replicated, keys: Keys) -> Any:
    from redis_xcom.confirming import Confirming

    return Confirming(client, durability, keys.name)


def reason_text(reason: str) -> str:
    """Return the reason as a JSON string: cut, and half a character (of a name) spelt out."""
    whole = reason.encode("utf-8", "backslashreplace").decode()
    return _json_string(whole[:LONGEST_REASON])


@lru_cache(maxsize=64)
def _json_string(text: str) -> str:
    return json.dumps(text)
