"""How often a command is sent again, and for what."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from ssl import SSLCertVerificationError
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

LOST = (redis.ConnectionError, redis.TimeoutError, socket.timeout)
TRIES = 8
PATIENT_TRIES = 40
"""About fifteen seconds: a primary is replaced, or a slot moved, meanwhile."""
LONGEST_PAUSE = 0.5
"""Seconds between two tries: a heartbeat must find a restarted server within a third of a lease."""


class Retrying(Retry):
    """Sends again what was lost; a refused login or certificate is told at once.

    :param errors: that mean so.
    :param tries: beyond the first; `TRIES` by default.
    :param within: seconds after which nothing is sent again, None for no such limit.
    """

    def __init__(
        self,
        errors: tuple[type[Exception], ...] = LOST,
        *,
        tries: int | None = None,
        within: float | None = None,
    ) -> None:
        self._within = within
        backoff = ExponentialWithJitterBackoff(base=0.02, cap=LONGEST_PAUSE)
        super().__init__(backoff, TRIES if tries is None else tries, errors)

    def call_with_retry(
        self, do: Callable[..., Any], fail: Callable[..., Any], *args: Any, **how: Any
    ) -> Any:
        until = math.inf if self._within is None else time.monotonic() + self._within

        def fail_or_end(error: Exception, *told: Any) -> Any:
            answer = fail(error, *told)
            if _is_refusal(error) or time.monotonic() > until:
                raise error
            return answer

        return super().call_with_retry(do, fail_or_end, *args, **how)


def _is_refusal(error: Exception) -> bool:
    refused = isinstance(error.__context__, SSLCertVerificationError)
    return refused or isinstance(error, redis.AuthenticationError)


PASSING = (
    redis.exceptions.TryAgainError,  # a slot is being moved, some of its keys are still there
    redis.exceptions.ClusterDownError,  # a slot has no primary
    redis.exceptions.SlotNotCoveredError,
    redis.exceptions.MasterDownError,
)
PASSING_WORDS = (
    "NOREPLICAS",  # fewer than min-replicas-to-write
    "UNBLOCKED",  # the primary was made a replica while it kept us waiting
    "TTL exhausted",  # redis-py's cluster client gave up on TRYAGAIN after half a second
)


def passes(error: Exception, *, followed: bool = False) -> bool:
    """Whether the error ends by itself, while others change what answers to a queue's name.

    :param followed: the client finds a new primary only with a new connection, so that a lost
        one may be tried again although the client has given up.
    """
    lost = followed and isinstance(error, LOST) and not _is_refusal(error)
    return lost or isinstance(error, PASSING) or str(error).startswith(PASSING_WORDS)


class _Passing(Exception):
    """Wraps an error that passes."""


def persevere(do: Callable[[], Any], *, followed: bool = False) -> Any:
    """Do it again and again while it fails of what passes; raise that in the end."""

    def attempt() -> Any:
        try:
            return do()
        except (redis.RedisError, redis.exceptions.RedisClusterException) as error:
            if passes(error, followed=followed):
                raise _Passing from error
            raise

    try:
        return Retrying((_Passing,), tries=PATIENT_TRIES).call_with_retry(attempt, lambda _: None)
    except _Passing as passing:
        raise (passing.__cause__ or passing) from None
