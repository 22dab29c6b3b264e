"""What a task held alone, given back by the listener once the task has failed for good."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from redis_xcom.airflow.bounded import within_seconds
from redis_xcom.airflow.xcom.singles import open_single
from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from redis_xcom.airflow.held import HeldXCom

log = logging.getLogger(__name__)

GIVE_BACK_SECONDS = 10.0


def give_back(xcoms: list[HeldXCom], reason: str) -> None:
    """Release them, in ten seconds at most: about what is left whoever wants it asks Airflow."""
    if not within_seconds(GIVE_BACK_SECONDS, partial(_give_back, xcoms, reason)):
        words = ", ".join(held.words for held in xcoms)
        log.error("Not released within %s s: %s", GIVE_BACK_SECONDS, words)


def _give_back(xcoms: list[HeldXCom], reason: str) -> None:
    for held in xcoms:
        try:
            with open_single(held.server, held.single) as single:
                single.release(held.claim_id, generation=held.generation, reason=reason)
            log.info("Released %s: %s", held.words, reason)
        except RedisXComError as error:
            log.warning("Not released, %s: %s", held.words, error)
