"""A look at queues for whoever sits at a screen: counts and claims, never payloads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from redis_xcom import BadArgument, Queue, RedisXComError, ServerUnavailable
from redis_xcom.wording import shown

if TYPE_CHECKING:
    from typing import TypeAlias

    from redis import Redis

    from redis_xcom import Outlook, SilentClaim, Stats

    MayRead: TypeAlias = Callable[[set[str]], set[str]]

log = logging.getLogger(__name__)

AT_ONCE = timedelta(0)
SECONDS_PER_COMMAND = 1.0

MISNAMED, NO_ANSWER = 404, 503


@dataclass(frozen=True)
class Glance:
    """One queue as it is now, or what keeps us from seeing it."""

    name: str
    stats: Stats | None = None
    outlook: Outlook | None = None
    claims: Sequence[SilentClaim] = ()
    hidden: int = 0  # claims of tasks whose DAGs are not for these eyes
    trouble: str = ""
    status: int = 200


@dataclass(frozen=True)
class Place:
    """Where queues lie: an Airflow connection, and what their keys begin with."""

    redis_conn_id: str = "redis_default"
    prefix: str = "xcom"
    tag: str | None = None

    def glances(self, names: Sequence[str], may_read: MayRead) -> list[Glance]:
        """Look at each queue.

        :param may_read: answers which of these DAGs' tasks may be named.
        """
        return [self._glance(name, may_read) for name in names]

    def _glance(self, name: str, may_read: MayRead) -> Glance:
        try:
            with closing(self._client()) as client:
                queue = Queue(name, client=client, prefix=self.prefix, tag=self.tag)
                return _seen(queue, may_read)
        except BadArgument as error:
            return Glance(name, trouble=str(error), status=MISNAMED)
        except ServerUnavailable as error:
            log.warning("Queue %s over connection %s: %s", name, self.redis_conn_id, error)
            return no_answer(name)
        except RedisXComError as error:
            log.warning("Queue %s over connection %s: %s", name, self.redis_conn_id, error)
            return Glance(name, trouble=f"Redis refuses: {type(error).__name__}", status=NO_ANSWER)

    def _client(self) -> Redis:
        from redis_xcom.airflow.compat import no_such_connection
        from redis_xcom.airflow.connection import get_server
        from redis_xcom.retry import Retrying

        try:
            server = get_server(self.redis_conn_id)
        except no_such_connection():
            raise BadArgument(f"there is no connection {shown(self.redis_conn_id)}") from None
        return server.connect(
            socket_timeout=SECONDS_PER_COMMAND, retry=Retrying(tries=0), retry_on_error=[]
        )


def no_answer(name: str) -> Glance:
    """Return what is to be said when Redis takes too long."""
    return Glance(name, trouble="Redis does not answer.", status=NO_ANSWER)


def _seen(queue: Queue, may_read: MayRead) -> Glance:
    claims = queue.silent(AT_ONCE)
    readable = may_read({dag for claim in claims if (dag := dag_of(claim.claim_id))})
    shown = [claim for claim in claims if dag_of(claim.claim_id) in readable | {None}]
    return Glance(queue.name, queue.stats(), queue.outlook(), shown, len(claims) - len(shown))


def dag_of(claim_id: str) -> str | None:
    """Return the DAG whose task or run claims, None where it is neither."""
    deployment_and_dag, slash, _ = claim_id.partition("/")
    return deployment_and_dag.rpartition(":")[2] if slash else None
