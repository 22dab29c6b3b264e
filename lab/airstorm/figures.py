"""The figures of a storm inside Airflow."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from lab.airstorm.plan import KINDS, THE_FOUR
from lab.report import Figures

if TYPE_CHECKING:
    from lab.airstorm.account import Account
    from lab.airstorm.storm import Storm

VERSIONS = {
    "Airflow": version("apache-airflow"),
    "Python": platform.python_version(),
    "redis-py": version("redis"),
}
NOTES = [
    """Lost and settled twice are counted in the queue's own history, which the scripts write in
    the step that changes the queue; Airflow's database, the XComs and a sink that fences by
    generation must agree with it.""",
    """An item is handed out again only after an expiry, a release or a takeover, and its effect
    with the highest generation is that of the claim that was acked.""",
    """Effects repeated are work done again by a retry or by the next holder: processing is at
    least once. A task with `ack="on_success"` that is killed between its success and its ack has
    handed its items on: the next claimant asks Airflow and acks for it, so that they come to
    nobody again.""",
    """One machine, Airflow on SQLite with LocalExecutor: nothing is said of other executors.""",
]


def figures(
    storm: Storm, account: Account, faults: list[str], *, command: str, server: str, seconds: float
) -> Figures:
    strikes = storm.striker.count.total()
    return Figures(
        title="Inside Airflow",
        command=command,
        seed=storm.seed,
        server=server,
        seconds=seconds,
        table=[("", "count"), *_rows(storm, account)],
        violations=len(faults),
        notes=[" ".join(note.split()) for note in NOTES],
        versions=VERSIONS,
        summary=f"{account.items:,} items, {strikes} strikes",
    )


def _rows(storm: Storm, account: Account) -> list[tuple[str, int]]:
    """Name each figure, in the order to be read."""
    struck, events = storm.striker.count, account.book.events
    attempts = storm.sink.attempts()
    accepted = sum(accepted for _, _, accepted in attempts)
    orphans = {(claim_id, generation) for claim_id, generation, _, _ in storm.sink.refusals()}
    return [
        ("items pushed", account.items),
        ("DAG runs", storm.database.runs().total()),
        ("task instances", len(account.tasks)),
        ("tries of them", storm.database.count_tries()),
        *((kind, struck[kind]) for kind in KINDS),
        ("strikes of the first four kinds", sum(struck[kind] for kind in THE_FOUR)),
        ("claimants that acted too late and were refused", len(orphans)),
        ("effects that the sink's fence refused", len(attempts) - accepted),
        ("items taken over by a newer try", events["taken over"]),
        ("items whose lease ran out", events["expired"]),
        ("items released", events["released"]),
        ("redeliveries", account.redeliveries),
        ("effects repeated", accepted - len({item for item, _, accepted in attempts if accepted})),
        ("items that came again after their task's success", len(account.came_again)),
        ("results forwarded", account.forwarded),
        ("dead letters", len(account.dead)),
        ("events in the history", storm.chronicle.events),
        ("lost", len(account.lost)),
        ("settled twice", len(account.twice)),
    ]
