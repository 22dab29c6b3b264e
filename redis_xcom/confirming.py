"""Commands that are done only when replicas have them."""

from __future__ import annotations

from typing import Any

from redis_xcom import retry
from redis_xcom.connect import longest_block
from redis_xcom.durability import Replicated
from redis_xcom.errors import NotReplicated


class Confirming:
    """Sends each command with a WAIT behind it: one round trip, one connection.

    WAIT looks at the last write of its own connection, which after a reconnection may be none:
    it confirms only scripts that write at every call, a repeated one included.
    """

    def __init__(self, client: Any, durability: Replicated, queue: str) -> None:
        self._client = client
        self._wanted = durability.replicas
        self._wait_ms = min(durability.timeout_ms, int(longest_block(client) * 1000))
        self._queue = queue

    def execute_command(self, *command: Any) -> Any:
        """Send it, again while too few replicas confirm; raise `NotReplicated` in the end."""
        return retry.Retrying((NotReplicated,)).call_with_retry(
            lambda: self._execute_once(command), lambda _: None
        )

    def _execute_once(self, command: tuple[Any, ...]) -> Any:
        pipeline = self._client.pipeline(transaction=False)
        pipeline.execute_command(*command)
        pipeline.execute_command("WAIT", self._wanted, self._wait_ms)
        reply, confirmed = pipeline.execute(raise_on_error=False)
        for told in (reply, confirmed):
            if isinstance(told, Exception):
                raise told
        if confirmed < self._wanted:
            raise self._too_few(confirmed)
        return reply

    def _too_few(self, confirmed: int) -> NotReplicated:
        return NotReplicated(
            f"queue {self._queue!r}: {confirmed} of {self._wanted} replicas have confirmed, "
            f"{1 + retry.TRIES} times after {self._wait_ms} ms: the primary has executed the call, "
            "a failover may forget it. Repeating it does no harm, except for a push without "
            "push_id. Look at INFO replication of the primary"
        )
