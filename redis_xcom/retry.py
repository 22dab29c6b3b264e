"""How often a command is sent again, and for what."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ssl import SSLCertVerificationError
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

LOST = (redis.ConnectionError, redis.TimeoutError, socket.timeout)
TRIES = 8
LONGEST_PAUSE = 0.5
"""Seconds between two tries: a heartbeat must find a restarted server within a third of a lease."""


class Retrying(Retry):
    """Sends again what was lost; a refused login or certificate is told at once.

    :param errors: that mean so.
    """

    def __init__(self, errors: tuple[type[Exception], ...] = LOST) -> None:
        super().__init__(ExponentialWithJitterBackoff(base=0.02, cap=LONGEST_PAUSE), TRIES, errors)

    def call_with_retry(
        self, do: Callable[..., Any], fail: Callable[..., Any], *args: Any, **how: Any
    ) -> Any:
        def fail_or_end(error: Exception, *told: Any) -> Any:
            answer = fail(error, *told)
            if _is_refusal(error):
                raise error
            return answer

        return super().call_with_retry(do, fail_or_end, *args, **how)


def _is_refusal(error: Exception) -> bool:
    refused = isinstance(error.__context__, SSLCertVerificationError)
    return refused or isinstance(error, redis.AuthenticationError)
