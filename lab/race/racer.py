"""One task of a race, in each round of its run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.race.course import Course
from lab.race.plan import FAILED, KILLED_WITHIN, STRIKES, key_of
from lab.waiting import wait_until
from redis_xcom.airflow.compat import fail_for_good
from redis_xcom.airflow.xcom import reading
from redis_xcom.errors import AlreadyClaimed

STRUCK, HAS_IT = "struck", "has-it"


@dataclass
class Racer:
    """A task instance that wants every XCom of its run.

    :param attempt: which try this is.
    :param racers: how many there are.
    """

    number: int
    attempt: int
    racers: int
    course: Course
    context: Any

    def run(self, kinds: list[str]) -> None:
        """Go through all rounds; a retry goes on with the one that its last try died in."""
        for number in range(self.course.round_of(self.number), len(kinds)):
            self.course.meet(self.number, number, self.racers)
            self._race(number, kinds[number])
            self.course.finish(self.number, number)

    def _race(self, number: int, kind: str) -> None:
        with _killed_within(self, number) if kind == KILLED_WITHIN else _alive():
            has_it = self._ask(number)
        if not has_it:
            self._lose(number, kind)
        elif kind in STRIKES and self.course.mark(STRUCK, number):
            self.end(number, kind)
        else:
            self.course.mark(HAS_IT, number)
            self._ask(number)

    def _lose(self, number: int, kind: str) -> None:
        """Ask again: at once, or when the holder has been struck and when it is back."""
        if kind in STRIKES:
            self.course.wait_for(STRUCK, number)
        if kind == FAILED:
            wait_until(lambda: self._has_new_holder(number), "a new holder", timeout=120, every=0.2)
        elif not self._ask(number) and kind in STRIKES:
            self.course.wait_for(HAS_IT, number)
            self._ask(number)

    def _has_new_holder(self, number: int) -> bool:
        """Ask; whether this racer has it now, or was told after somebody else had it."""
        known = self.course.is_marked(HAS_IT, number)
        if self._ask(number):
            self.course.mark(HAS_IT, number)
            return True
        return known

    def _ask(self, number: int) -> bool:
        """Ask for the round's XCom, and write down what came of it."""
        from redis_xcom.airflow.xcom.claimed import claim_xcom

        self._write(number, "asks", pid=os.getpid())
        try:
            value = claim_xcom(key_of(number), task_ids="offer", context=self.context)
        except AlreadyClaimed as error:
            self._write(number, "told", holder=error.holder, owner=error.owner)
            return False
        except Exception as error:
            self._write(number, "raised", says=repr(error))
            raise
        self._write(number, "got", prize=value["prize"])
        return True

    def end(self, number: int, kind: str) -> None:
        self._write(number, "struck")
        if kind != FAILED:
            os.kill(os.getpid(), signal.SIGKILL)
        raise fail_for_good("as this round has it")

    def _write(self, number: int, what: str, **more: Any) -> None:
        who = {"round": number, "racer": self.number, "attempt": self.attempt}
        self.course.write(**who, what=what, **more)


@contextmanager
def _alive() -> Iterator[None]:
    yield


@contextmanager
def _killed_within(racer: Racer, number: int) -> Iterator[None]:
    """Who has claimed dies before it sees the value; a retry does not."""
    real = reading.value_of

    def value_of(*args: Any, **options: Any) -> Any:
        if racer.course.mark(STRUCK, number):
            racer.end(number, KILLED_WITHIN)
        return real(*args, **options)

    reading.value_of = value_of
    try:
        yield
    finally:
        reading.value_of = real
