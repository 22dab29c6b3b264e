"""A watcher: when it calls somebody to work on its queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from redis_xcom.claimant import check_words
from redis_xcom.units import milliseconds, whole_number

MOST = 10**6


@dataclass(frozen=True)
class Watch:
    """Under which terms one watcher calls. Watchers of one name call as one.

    :param name: who watches; the server remembers when it called last.
    :param every: between two calls, however much lies there.
    :param workers: nobody is called while so many claims are live.
    :param per: how many items are worth a claimant: with fewer, fewer are called.
    """

    name: str
    every: timedelta
    workers: int = 1
    per: int = 1

    def __post_init__(self) -> None:
        check_words(self.name, "name of a watcher")
        milliseconds(self.every, "every", least=timedelta(seconds=1))
        whole_number(self.workers, "workers", least=1, most=MOST)
        whole_number(self.per, "per", least=1, most=MOST)

    def question(self, token: str) -> tuple[str, str, int, int, int]:
        """For the script; a question that is sent again bears the same token."""
        return self.name, token, milliseconds(self.every, "every"), self.workers, self.per
