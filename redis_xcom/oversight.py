"""What whoever looks after a queue sees of it: nothing here pushes, claims or settles."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from redis_xcom.claiming import MOST_AT_ONCE
from redis_xcom.codec import look_at
from redis_xcom.item import DeadItem, Item
from redis_xcom.letters import DeadLetters
from redis_xcom.outlook import QUIET, Outlook, read_outlook
from redis_xcom.patience import Patience
from redis_xcom.silent import SilentClaim, find_silent
from redis_xcom.stats import Stats, read_stats
from redis_xcom.units import milliseconds, whole_number

if TYPE_CHECKING:
    from redis_xcom.scripts import Scripts


class Oversight:
    """Looks at a queue, and sets how it is worked."""

    def __init__(self, scripts: Scripts, *, max_bytes: int) -> None:
        self._scripts = scripts
        self._max_bytes = max_bytes
        self._dead_letters = DeadLetters(scripts, max_bytes=max_bytes)

    def wait(self, timeout: timedelta) -> bool:
        """True once an item lies ready, False after the timeout. Takes nothing."""
        patience = Patience(self._scripts, milliseconds(timeout, "timeout") / 1000)
        return patience.until_ready()

    def stats(self) -> Stats:
        return read_stats(self._scripts.stats())

    def outlook(self, quiet: timedelta = QUIET) -> Outlook:
        """Look at what could be claimed now, and by whom the rest is held. Takes nothing.

        :param quiet: a claim not renewed for so long counts as silent.
        """
        return read_outlook(self._scripts.outlook(quiet_ms=milliseconds(quiet, "quiet")))

    def silent(self, quiet: timedelta, *, limit: int = 100) -> list[SilentClaim]:
        """Return claims that nobody has renewed for so long, or whose lease ran out. Takes nothing.

        :param limit: at most so many, those whose leases end first.
        """
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        found = find_silent(self._scripts, milliseconds(quiet, "quiet"))
        return list(itertools.islice(found, limit))

    def peek(self, limit: int = 10) -> list[Item]:
        """Return the first ready items, which stay where they are; what is no item is left out."""
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        raws = self._scripts.peek(limit)
        return [item for raw in raws if (item := look_at(raw, max_bytes=self._max_bytes))]

    def dead(self, limit: int = 10) -> list[DeadItem]:
        """Return the dead letters, those that died first in front."""
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        return self._dead_letters.oldest(limit)

    def redrive(self, ids: Sequence[str] | None = None, *, limit: int | None = None) -> int:
        """Put dead letters back to the end of the queue, their counts at zero.

        :param ids: only these; by default all that are dead by now, oldest first.
        :param limit: at most so many.
        :return: how many went back.
        """
        return self._dead_letters.redrive(ids, limit)

    def pause(self) -> None:
        """Hand out nothing until `resume`; pushes are taken, claims in hand are settled as ever."""
        self._scripts.pause()

    def resume(self) -> None:
        self._scripts.resume()

    def limit(self, *, max_claimed: int | None) -> None:
        """Have at most so many items in claimants' hands at a time; None for no bound.

        Kept with the queue: all its claimants obey. A claim that would pass it gets fewer items, or
        none, and waits as for an empty queue. What is claimed already stays so, and a retry gets
        all that was claimed before.
        """
        if max_claimed is not None:
            whole_number(max_claimed, "max_claimed", least=1, most=10**9)
        self._scripts.limit(max_claimed)

    def purge(self, *, dead: bool = False) -> int:
        """Delete what waits, on request the dead letters too, and return how many items those were.

        What is claimed stays with its claimants.
        """
        return self._scripts.purge(dead=dead)
