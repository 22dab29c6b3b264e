"""What somebody waits for in a queue."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis_xcom import Outlook


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Holds when any of its parts does.

    :param at_least: so many items could be claimed now; in a paused queue none can.
    :param empty: nothing is ready, due or behind its ordering key.
    :param done: nothing is claimed or delayed either: all that was pushed is settled.
    :param older_than: the first ready item was pushed more seconds ago.
    :param unheard: a claimant is not heard of, and somebody must come and ask about it.
    """

    at_least: int | None = None
    empty: bool = False
    done: bool = False
    older_than: float | None = None
    unheard: bool = False

    def holds(self, seen: Outlook) -> bool:
        empty = seen.ready + seen.due + seen.waiting == 0
        return (
            (self.at_least is not None and seen.available >= self.at_least)
            or (self.empty and empty)
            or (self.done and empty and seen.claimed + seen.delayed == 0)
            or (self.older_than is not None and _age(seen) > self.older_than)
            or (self.unheard and seen.silent > 0 and not seen.paused)
        )

    def serialize(self) -> dict[str, Any]:
        """Return what it was made of, fit for JSON."""
        return {name: value for name, value in asdict(self).items() if value not in {None, False}}


CLAIMABLE = Condition(at_least=1, unheard=True)
"""What lets a worker come and claim."""


def _age(seen: Outlook) -> float:
    return seen.oldest.total_seconds() if seen.oldest is not None else -1.0
