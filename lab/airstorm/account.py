"""What became of every item: the queue's history, Airflow's database and the sink together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lab.airstorm.database import Task
from lab.airstorm.names import QUEUE, RESULTS, TAG
from lab.airstorm.sink import Effect
from lab.history.book import Book, End
from lab.history.judge import Judge
from redis_xcom.keys import Keys

BASE = Keys(QUEUE, tag=TAG).base
RESULTS_BASE = Keys(RESULTS, tag=TAG).base
NAMED = ("storm_claim/", "storm_handle/", "storm_inside/")
"""What the claim ids begin with of all that forward no results."""
ENDED = {"success", "failed", "skipped"}
ON_SUCCESS = ("storm_claim/", "storm_handle/")


@dataclass
class Account:
    """Balances what was pushed against what was settled; `faults` tells what does not fit.

    :param items: how many were to be pushed, numbered from 0.
    :param judge: has read the queue's whole history.
    :param tasks: the task instances, as Airflow's database has them.
    :param outputs: the numbers that each successful claim returned, by its claim id.
    :param effects: what stands in the sink, by item id.
    :param handled: which numbers were worked on after a claim, in which run, `dag/run`.
    :param meant_to_fail: claim ids of tasks that were made to.
    """

    items: int
    judge: Judge
    tasks: list[Task]
    outputs: dict[str, list[int]]
    effects: dict[str, Effect]
    handled: set[tuple[int, str]]
    meant_to_fail: set[str]

    @property
    def book(self) -> Book:
        return self.judge.book

    @cached_property
    def acks(self) -> dict[bytes, list[tuple[str, End]]]:
        """Each number's acks, with the item's id."""
        found: dict[bytes, list[tuple[str, End]]] = {number: [] for number in self.expected}
        for item, end in self.book.ends.items():
            if end.how == "acked" and end.number is not None:
                found.setdefault(end.number, []).append((item.decode(), end))
        return found

    @cached_property
    def dead(self) -> set[bytes]:
        places = self.judge.journeys.where.items()
        dead = (item for item, there in places if there[0].part == "dead")
        return {number for item in dead if (number := self.book.lives[item].number)}

    @property
    def expected(self) -> set[bytes]:
        return {b"%d" % number for number in range(self.items)}

    @property
    def lost(self) -> set[bytes]:
        return {number for number, ends in self.acks.items() if not ends} - self.dead

    @property
    def twice(self) -> set[bytes]:
        return {number for number, ends in self.acks.items() if len(ends) > 1}

    @property
    def redeliveries(self) -> int:
        handed_out = sum(
            len(delivery.items) for (base, _), delivery in self.book.deliveries.items()
            if base == BASE
        )  # fmt: skip
        return handed_out - len(self.expected)

    @property
    def forwarded(self) -> int:
        return sum(count for (base, _), count in self.book.results.items() if base == RESULTS_BASE)

    @cached_property
    def came_again(self) -> list[str]:
        """Items that a successful claim returned and another one acked.

        A task that dies between its success and its ack is acked for by whoever asks Airflow.
        """
        succeeded = {task.path for task in self.tasks if _acks_on_success(task)}
        return [
            f"number {number} of {path} was acked by {end.claim_id}"
            for path in sorted(succeeded & self.outputs.keys())
            for number in self.outputs[path]
            for _, end in self.acks.get(b"%d" % number, [])
            if end.claim_id != path
        ]

    def faults(self) -> list[str]:
        return [
            *self.judge.violations,
            *(f"number {n.decode()} is lost" for n in sorted(self.lost)),
            *(f"number {n.decode()} was acked twice" for n in sorted(self.twice)),
            *self._unpushed(),
            *self._wrong_effects(),
            *self._failed_without_reason(),
            *self._acked_without_success(),
            *self._unhandled(),
            *self._wrong_results(),
            *self.came_again,
        ]

    def _unpushed(self) -> Iterator[str]:
        pushed = {number for base, number in self.book.pushed if base == BASE}
        for number in sorted(pushed ^ self.expected):
            yield f"number {number.decode()} was never to be pushed, or never was"

    def _wrong_effects(self) -> Iterator[str]:
        """The sink's fence must have let the holder that acked have the last word."""
        for item, end in self._all_acks():
            effect = self.effects.get(item, Effect(0, ""))
            in_sink = not end.claim_id.startswith("storm_handle/")
            if effect.generation > end.generation or (in_sink and effect.generation == 0):
                yield f"{item} was acked as {end}, the sink has {effect}"
            elif in_sink and effect.generation < end.generation:
                yield f"{item} was acked as {end} and had no effect, the sink has {effect}"

    def _failed_without_reason(self) -> Iterator[str]:
        """Whatever strikes, a task that has tries left is tried again."""
        for task in self.tasks:
            meant = task.path in self.meant_to_fail or task.last_try
            if task.state not in ENDED or (task.state == "failed" and not meant):
                yield f"{task.path} is {task.state}, and nothing has made it so"

    def _acked_without_success(self) -> Iterator[str]:
        """An item's fate is its task's: `on_success` acks nothing for a task that failed."""
        states = {task.path: task.state for task in self.tasks}
        for item, end in self._all_acks():
            path, number = end.claim_id, int(end.number or -1)
            if path.startswith(ON_SUCCESS) and states.get(path) != "success":
                yield f"{item} was acked as {end}, whose task is {states.get(path)}"
            elif path.startswith(ON_SUCCESS) and number not in self.outputs.get(path, ()):
                yield f"{item} was acked as {end}, whose task has not returned it"

    def _unhandled(self) -> Iterator[str]:
        """What a claim returned when it was acked must have been worked on by its successors."""
        for item, end in self._all_acks():
            path, number = end.claim_id, int(end.number or -1)
            handed_on = path.startswith("storm_handle/")
            if handed_on and (number, _run_of(path)) not in self.handled:
                yield f"{item} was acked by {path}, and nobody handled it"

    def _wrong_results(self) -> Iterator[str]:
        forwarded = Counter(
            end.number for _, end in self._all_acks() if not end.claim_id.startswith(NAMED)
        )
        results = {
            number: count for (base, number), count in self.book.results.items()
            if base == RESULTS_BASE
        }  # fmt: skip
        if forwarded != results:
            wrong = {n for n in {*forwarded, *results} if forwarded.get(n) != results.get(n)}
            yield f"acked by a drain, but not forwarded once: {sorted(wrong)}"

    def _all_acks(self) -> Iterator[tuple[str, End]]:
        for ends in self.acks.values():
            yield from ends


def _acks_on_success(task: Task) -> bool:
    return task.state == "success" and task.path.startswith(ON_SUCCESS) and task.task_id == "claim"


def _run_of(path: str) -> str:
    return "/".join(path.split("/")[:2])
