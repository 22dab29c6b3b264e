"""What befalls items whose work has failed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis_xcom import Drain, Item
    from redis_xcom.priorities import PriorityDrain

MOST_DOUBLINGS = 30


class FailedItems(Exception):
    """Raised by a function that works a batch: these of its items have failed, the others not.

    :param failed: their places in the list that the function was given, counted from 0, or the
        reason by place.
    :param results: what is to be forwarded of the others.
    """

    def __init__(
        self, failed: Mapping[int, str] | Iterable[int], *, results: object = None
    ) -> None:
        told = failed if isinstance(failed, Mapping) else dict.fromkeys(failed, "it failed")
        self.reasons = dict(told)
        self.results = results
        super().__init__(f"{len(self.reasons)} items failed")


@dataclass(frozen=True)
class Failing:
    """How failing items are settled.

    :param on_error: ``release`` them for later, ``reject`` them, or ``raise``: they are released
        at once, and the task ends.
    :param backoff: how long an item that fails first waits; twice as long each time after that.
    :param longest: the most that it waits.
    """

    on_error: str
    backoff: timedelta
    longest: timedelta

    def settle(self, drain: Drain | PriorityDrain, items: list[Item], reason: str) -> None:
        """Put these items of the batch in hand where they belong."""
        if self.on_error == "reject":
            drain.reject(*items, reason=reason)
        elif self.on_error == "raise":
            drain.release(*items, reason=reason)
        else:
            failures = max(item.failures for item in items)
            drain.release(*items, delay=self.delay(failures), reason=reason)

    def delay(self, failures: int) -> timedelta:
        """Between half and all of the backoff, so that what failed together comes back apart."""
        grown = self.backoff.total_seconds() * 2 ** min(failures, MOST_DOUBLINGS)
        most = min(grown, self.longest.total_seconds())
        return timedelta(seconds=most * random.uniform(0.5, 1))  # noqa: S311 - no secret
