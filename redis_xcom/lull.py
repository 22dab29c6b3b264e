"""The time between two looks at several queues: nobody can block on all of them without taking."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from redis_xcom.units import milliseconds

if TYPE_CHECKING:
    from redis_xcom.claim import Claim

FIRST, LONGEST = 0.05, 0.5


class Lull:
    """How long an empty-handed consumer goes on looking.

    :param span: from now on.
    """

    def __init__(self, span: timedelta) -> None:
        self._until = time.monotonic() + milliseconds(span, "wait") / 1000
        self._pause = FIRST

    def outlasts(self, *empty: Claim) -> bool:
        """Pause, longer each time; False, at once, when it is over.

        :param empty: claims of nothing: leases in doubt are waited for beyond the span.
        """
        now = time.monotonic()
        doubts = [claim.in_doubt for claim in empty if claim.in_doubt]
        if doubts:
            self._until = max(self._until, now + min(doubts).total_seconds())
        if now >= self._until:
            return False
        time.sleep(min(self._pause, self._until - now))
        self._pause = min(2 * self._pause, LONGEST)
        return True
