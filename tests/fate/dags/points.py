"""A claim for each point at which its task, or what keeps the task alive, is struck."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import dag, task
from airflow.sdk.execution_time import task_runner

from lab.waiting import wait_until
from redis_xcom import ClaimLost
from redis_xcom.operators import ClaimFromQueueOperator

NOTES = Path(os.environ["FATE_NOTES"])
TAG = "fate"
ON_QUEUE = {"tag": TAG, "limit": 10, "on_empty": "return"}
TWO_TRIES = {"retries": 1, "retry_delay": timedelta(seconds=1)}
DEFERRED_FOR = timedelta(seconds=12)
FOR_EVER = 120.0


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def note(name, text=""):
    """Tell the test, which waits for the file."""
    (NOTES / f"{name}.new").write_text(str(text))
    (NOTES / f"{name}.new").replace(NOTES / name)


def is_first(name):
    """True once: a retry, or the try after a clear, finds the note."""
    if (NOTES / name).exists():
        return False
    note(name, os.getpid())
    return True


class Struck(ClaimFromQueueOperator):
    """Claims, and is then at the point that its task id names."""

    def _hold(self, client, claim, ti):
        super()._hold(client, claim, ti)
        if is_first(self.task_id):
            getattr(self, self.task_id)(claim)

    def claimed(self, claim):
        die()

    def pushed(self, claim):
        """Its output is in XCom, Airflow does not know of its success."""
        task_runner._handle_current_task_success = die

    def succeeded(self, claim):
        """It has an `on_success_callback`."""

    def orphaned(self, claim):
        wait_until(lambda: claim.lost, "the loss", timeout=FOR_EVER)
        try:
            claim.ack()
        except ClaimLost as error:
            note("orphan", error)
            raise

    def failed(self, claim):
        wait_until(lambda: False, "the signal", timeout=FOR_EVER)

    cleared = evicted = failed


class Deferring(ClaimFromQueueOperator):
    """Claims, sleeps in the triggerer without a heartbeat, and claims again: the same."""

    def execute(self, context):
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        with closing(client):
            note("deferred", self._claim(queue, context["ti"]).generation)
        moment = datetime.now(timezone.utc) + DEFERRED_FOR
        self.defer(
            trigger=DateTimeTrigger(moment=moment),
            method_name="resume",
            timeout=timedelta(minutes=5),
        )

    def resume(self, context, event=None):
        return super().execute(context)


@dag(schedule=None)
def fate():
    retried = [(Struck, name) for name in ("claimed", "orphaned", "evicted")]
    for kind, name in [*retried, (Deferring, "deferred")]:
        kind(task_id=name, queue=name, **ON_QUEUE, **TWO_TRIES)
    for name in ("pushed", "failed", "cleared"):
        Struck(task_id=name, queue=name, **ON_QUEUE)
    Struck(task_id="succeeded", queue="succeeded", on_success_callback=die, **ON_QUEUE)

    @task.drain(queue="drained", batch=2, tag=TAG, **TWO_TRIES)
    def drained(order):
        if order["n"] == "drained-2" and is_first("drained"):
            die()

    drained()


@dag(schedule=None)
def ask():
    """The next consumer of each queue: an ordinary claim that waits."""
    ClaimFromQueueOperator.partial(task_id="ask", wait=20, **ON_QUEUE).expand(
        queue_name=os.environ["FATE_POINTS"].split()
    )


fate()
ask()
