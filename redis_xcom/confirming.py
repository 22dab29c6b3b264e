"""Commands that are done only when replicas have them."""

from __future__ import annotations

from typing import Any

import redis

from redis_xcom import retry
from redis_xcom.connect import longest_block
from redis_xcom.durability import Replicated
from redis_xcom.errors import NotReplicated

FIRST_KEY = 3  # EVALSHA, sha, how many keys


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
        reply, confirmed = self._send(command)
        for told in (reply, confirmed):
            if isinstance(told, Exception):
                raise told
        if confirmed < self._wanted:
            raise self._too_few(confirmed)
        return reply

    def _send(self, command: tuple[Any, ...]) -> list[Any]:
        if isinstance(self._client, redis.RedisCluster):
            return self._send_to_slot(self._client, command)
        return self._send_to(self._client, command)

    def _send_to_slot(self, cluster: Any, command: tuple[Any, ...]) -> list[Any]:
        """Send to the node that has the slot: a Cluster's pipeline may split script and WAIT."""
        try:
            node = cluster.get_node_from_key(command[FIRST_KEY])
            replies = self._send_to(cluster.get_redis_connection(node), command)
        except retry.LOST as error:
            raise _look_anew(cluster, error) from error
        if isinstance(replies[0], (redis.exceptions.MovedError, redis.exceptions.AskError)):
            raise _look_anew(cluster, replies[0]) from replies[0]
        return replies

    def _send_to(self, client: Any, command: tuple[Any, ...]) -> list[Any]:
        pipeline = client.pipeline(transaction=False)
        pipeline.execute_command(*command)
        pipeline.execute_command("WAIT", self._wanted, self._wait_ms)
        replies: list[Any] = pipeline.execute(raise_on_error=False)
        return replies

    def _too_few(self, confirmed: int) -> NotReplicated:
        return NotReplicated(
            f"queue {self._queue!r}: {confirmed} of {self._wanted} replicas have confirmed, "
            f"{1 + retry.TRIES} times after {self._wait_ms} ms: the primary has executed the call, "
            "a failover may forget it. Repeating it does no harm, except for a push without "
            "push_id. Look at INFO replication of the primary"
        )


def _look_anew(cluster: Any, error: Exception) -> Exception:
    """Ask the Cluster who has which slot; return an error that passes."""
    cluster.nodes_manager.initialize()
    return redis.exceptions.ClusterDownError(str(error))
