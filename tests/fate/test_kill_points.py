"""A claiming task is struck at each point of its life on a real Airflow: nothing is lost or twice.

All points at once, in one run, while other consumers wait for the same items. The leases last a
quarter of an hour: what comes back within this test does so because Airflow was asked.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from lab.airflow import LocalAirflow
from lab.airflow_api import FINISHED
from lab.airstorm.chronicle import Chronicle
from lab.airstorm.names import FAST
from lab.history import witness
from lab.history.recording import Recording
from lab.waiting import wait_until
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer
from redis_xcom.keys import Keys

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
DAGS = Path(__file__).with_name("dags")
TAG = "fate"
AT_ONCE = ("failed", "cleared", "evicted")
POINTS = ("claimed", "pushed", "succeeded", "deferred", "drained", "orphaned", *AT_ONCE)
ITEMS = 5
STATED_MS = 60_000
"""Far below the lease, far above what it takes: `quiet` is 2 s here, a look every 5 s."""


@dataclass
class Aftermath:
    """What was left of the run, and what the queues' own history says."""

    airflow: LocalAirflow
    run_id: str
    judge: Chronicle
    notes: Path
    struck_ms: dict[str, int]

    def task(self, point):
        return self.airflow.api.task("fate", self.run_id, point)

    def ended(self, point):
        """The ends of the point's items."""
        pushed = self.judge.book.pushed.items()
        mine = {item for (_, number), item in pushed if number.startswith(f"{point}-".encode())}
        return [end for item, end in self.judge.book.ends.items() if item in mine]

    def acked_by(self, point):
        """Whose claims they were acked under: the struck task's, or the next consumer's."""
        acks = [end for end in self.ended(point) if end.how == "acked"]
        return Counter(end.claim_id.partition("/")[0] for end in acks)

    def generations(self, point):
        """Under how many generations something was handed out."""
        return len([base for base, _ in self.judge.book.deliveries if base == base_of(point)])

    def given_back_ms(self, point):
        """From the strike to the release of what was claimed, by the server's clock."""
        calls = [e for e in self.judge.entries if (e.base, e.script) == (base_of(point), "settle")]
        return next(e.at_ms for e in calls if e.argv[3] == b"r") - self.struck_ms[point]


def base_of(point):
    return Keys(point, tag=TAG).base


@pytest.fixture(scope="module")
def aftermath(request, tmp_path_factory):
    notes = tmp_path_factory.mktemp("notes")
    witness.install()
    try:
        with (
            EmbeddedServer(server=request.config.getoption("--server")) as server,
            server.client() as client,
            Recording(server.url, [TAG], judge=Chronicle()) as recording,
            LocalAirflow(
                dags=DAGS, environment=environment(server, notes), parallelism=20
            ) as airflow,
        ):
            for point in POINTS:
                queue = Queue(point, client=client, tag=TAG)
                queue.push_many({"n": f"{point}-{number}"} for number in range(ITEMS))
            yield strike(airflow, notes, recording)
    finally:
        witness.remove()


def environment(server, notes):
    connection = {"conn_type": "redis", "host": str(server.socket)}
    return FAST | {
        "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection),
        "AIRFLOW__REDIS_XCOM__QUIET": "2",
        "FATE_NOTES": str(notes),
        "FATE_POINTS": " ".join(POINTS),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'lab' / 'history' / 'site'}",
        "REDIS_XCOM_WITNESS": "1",
    }


def strike(airflow, notes, recording):
    """Let every claim be made, strike them all, and wait for whatever comes of it."""
    for dag_id in ("fate", "ask"):
        airflow.api.wait_for_dag(dag_id)
    run_id, struck_ms = airflow.api.trigger("fate"), {}
    for point in POINTS:
        wait_until(
            partial(reached, airflow, run_id, notes / point), f"{point} to be reached", timeout=120
        )
        struck_ms[point] = int((notes / point).stat().st_mtime * 1000)
    asked = airflow.api.trigger("ask")
    by_hand(airflow, run_id, notes, struck_ms)
    airflow.api.wait_for_run("fate", run_id, timeout=120)
    airflow.api.wait_for_run("ask", asked, timeout=60)
    wait_until((notes / "orphan").exists, "the orphan to end", timeout=60)
    return Aftermath(airflow, run_id, recording.verdict(), notes, struck_ms)


def reached(airflow, run_id, note):
    """Whether the task is at its point; raises when it never will be."""
    task = airflow.api.task("fate", run_id, note.name)
    if task["state"] in FINISHED and not note.exists():
        raise AssertionError(airflow.api.log("fate", run_id, note.name, attempt=1))
    return note.exists()


def by_hand(airflow, run_id, notes, struck_ms):
    """Strike those that do not strike themselves."""
    psutil.Process(int((notes / "orphaned").read_text())).parent().kill()
    airflow.restart("triggerer")
    struck_ms |= dict.fromkeys(AT_ONCE, int(time.time() * 1000))
    os.kill(int((notes / "evicted").read_text()), signal.SIGTERM)
    airflow.api.mark("failed", "fate", run_id, "failed")
    airflow.api.clear("fate", run_id, ["cleared"])


def test_whatever_was_struck_no_item_is_lost_and_none_is_settled_twice(aftermath):
    assert aftermath.judge.violations == []
    acks = {point: aftermath.acked_by(point).total() for point in POINTS}
    assert acks == dict.fromkeys(POINTS, ITEMS)
    assert len(aftermath.judge.book.ends) == ITEMS * len(POINTS)


def test_killed_after_its_claim_a_task_finds_the_items_in_its_retry(aftermath):
    """They wait for it although others ask for them."""
    assert aftermath.task("claimed")["try_number"] == 2
    assert aftermath.acked_by("claimed") == {"fate": ITEMS}
    assert aftermath.generations("claimed") == 2


def test_killed_before_its_success_is_told_a_task_without_tries_gives_back(aftermath):
    """Its output and its marker are in XCom: they prove nothing of a task that failed."""
    assert aftermath.task("pushed")["state"] == "failed"
    assert len(aftermath.airflow.api.xcom("fate", aftermath.run_id, "pushed")) == ITEMS
    assert aftermath.acked_by("pushed") == {"ask": ITEMS}
    assert aftermath.given_back_ms("pushed") < STATED_MS


def test_killed_after_its_success_and_before_its_ack_a_task_is_acked_for(aftermath):
    """Its output is with the tasks after it: the items never come again."""
    assert aftermath.task("succeeded")["state"] == "success"
    assert aftermath.acked_by("succeeded") == {"fate": ITEMS}
    assert aftermath.generations("succeeded") == 1


def test_a_deferred_task_finds_its_claim_again_though_its_triggerer_is_killed(aftermath):
    assert aftermath.task("deferred")["state"] == "success"
    generation = int((aftermath.notes / "deferred").read_text())
    assert {end.generation for end in aftermath.ended("deferred")} == {generation}
    assert aftermath.acked_by("deferred") == {"fate": ITEMS}


def test_killed_in_the_middle_of_a_drain_a_task_goes_on_in_its_retry(aftermath):
    """With the batch that was in hand; what was still in the queue is anybody's."""
    assert aftermath.task("drained")["try_number"] == 2
    own = {end.number for end in aftermath.ended("drained") if end.claim_id.startswith("fate/")}
    assert own >= {b"drained-0", b"drained-1", b"drained-2", b"drained-3"}


def test_a_task_that_lost_its_supervisor_settles_nothing_any_more(aftermath):
    """Its retry has the items, or will have them."""
    assert "may not go on" in (aftermath.notes / "orphan").read_text()
    assert aftermath.task("orphaned")["try_number"] == 2
    assert aftermath.acked_by("orphaned") == {"fate": ITEMS}
    assert len({end.generation for end in aftermath.ended("orphaned")}) == 1


def test_marked_failed_a_running_task_ends_and_gives_back_at_once(aftermath):
    assert aftermath.task("failed")["state"] == "failed"
    assert aftermath.acked_by("failed") == {"ask": ITEMS}
    assert aftermath.given_back_ms("failed") < STATED_MS


def test_cleared_a_running_task_ends_and_gives_back_at_once(aftermath):
    """Whoever is first then, its next try or another consumer, has them."""
    assert aftermath.task("cleared")["state"] == "success"
    assert aftermath.given_back_ms("cleared") < STATED_MS


def test_evicted_a_running_task_gives_back_at_once_and_keeps_its_retries(aftermath):
    """As when its pod is to go: the signal comes from outside, Airflow knows nothing of it."""
    assert aftermath.task("evicted")["state"] == "success"
    assert aftermath.task("evicted")["try_number"] == 2
    assert aftermath.given_back_ms("evicted") < STATED_MS
