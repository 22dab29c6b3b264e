"""A task that is named, and one that is not, try to read aimed values on every path there is.

What is secret is made of the run's id, so that it stands in no DAG, no conf and no message.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import timedelta

from airflow.sdk import Asset, BaseOperator, dag, get_current_context, task

from redis_xcom.operators import aim, keep

log = logging.getLogger(__name__)

SENT = Asset("aimed_sent")
NAMED = ["named_*", "aimed_elsewhere.named_*"]
IN_REDIS = "redis://redis_default@aimed"


def secret(run_id: str, *, filler: int = 0) -> dict:
    drawn = hashlib.sha256(run_id.encode()).hexdigest()
    number = 10**9 + int(drawn[40:47], 16)
    return {"text": drawn[:20], drawn[20:40]: number, "filler": ["-"] * filler}


def parts(run_id: str) -> list[str]:
    text = secret(run_id)["text"]
    return [f"{text} first", f"{text} second"]


def tried(read, expected) -> str:
    """Tell what became of an attempt, and nothing of the value."""
    try:
        value = read()
    except Exception as error:  # noqa: BLE001 (the test is told)
        return f"{type(error).__name__}: {error}"
    return "got" if value == expected else f"wrong: {type(value).__name__}"


@task(outlets=[SENT])
def send(ti=None, dag_run=None):
    encrypt = dag_run.conf.get("encrypt", True)
    small, large = secret(ti.run_id), secret(ti.run_id, filler=100)
    ti.xcom_push("in_files", aim(large, to=NAMED, encrypt=encrypt))
    ti.xcom_push("in_redis", keep(aim(large, to=NAMED, encrypt=encrypt), store=IN_REDIS))
    return aim(small, to=NAMED, encrypt=encrypt)


@task
def send_list(ti=None):
    return aim(parts(ti.run_id), to=NAMED, encrypt=True)


@task
def send_each(number: int, ti=None):
    return aim(parts(ti.run_id)[number], to=NAMED, encrypt=True)


def told_afterwards(context) -> None:
    ti = context["ti"]
    log.info("callback: %s", tried(lambda: ti.xcom_pull(task_ids="send"), secret(ti.run_id)))


def paths(ti, each) -> dict:
    """Every way that a working task has: what it calls, and what it should get."""
    from airflow.sdk.bases.xcom import BaseXCom
    from airflow.sdk.execution_time.xcom import XCom

    small, large, listed = secret(ti.run_id), secret(ti.run_id, filler=100), parts(ti.run_id)
    where = {"dag_id": ti.dag_id, "run_id": ti.run_id, "key": "return_value"}
    one, many = {**where, "task_id": "send"}, {**where, "task_id": "send_each"}
    sender = type("Sender", (), {**one, "map_index": -1})
    ways = {
        "pull": (lambda: ti.xcom_pull(task_ids="send"), small),
        "pull, default": (lambda: ti.xcom_pull(task_ids="send", default=1), small),
        "pull, in files": (lambda: ti.xcom_pull(task_ids="send", key="in_files"), large),
        "pull, in Redis": (lambda: ti.xcom_pull(task_ids="send", key="in_redis"), large),
        "pull, tasks": (lambda: ti.xcom_pull(task_ids=["send", "send_list"]), [small, listed]),
        "pull, index": (lambda: ti.xcom_pull(task_ids="send_each", map_indexes=1), listed[1]),
        "pull, indexes": (lambda: ti.xcom_pull(task_ids="send_each", map_indexes=[0, 1]), listed),
        "pull, mapped": (lambda: ti.xcom_pull(task_ids="send_each"), listed),
        "pull, prior": (lambda: ti.xcom_pull(task_ids="send", include_prior_dates=True), small),
        "get_one": (lambda: XCom.get_one(**one), small),
        "get_all": (lambda: XCom.get_all(**many), listed),
        "get_value": (lambda: XCom.get_value(ti_key=sender, key="return_value"), small),
        "lazy, item": (lambda: each[1], listed[1]),
        "lazy, slice": (lambda: each[:], listed),
        "lazy, all": (lambda: list(each), listed),
        "another backend": (lambda: BaseXCom.get_one(**one), small),
    }
    if hasattr(XCom, "aget_one"):  # not before Airflow 3.3
        ways |= {
            "apull": (lambda: asyncio.run(ti.axcom_pull(task_ids="send")), small),
            "aget_one": (lambda: asyncio.run(XCom.aget_one(**one)), small),
            "aget_all": (lambda: asyncio.run(XCom.aget_all(**many)), listed),
            "aget_value": (
                lambda: asyncio.run(XCom.aget_value(ti_key=sender, key="return_value")),
                small,
            ),
        }
    return ways


@task(on_success_callback=told_afterwards)
def at_work(each, ti=None) -> dict:
    return {name: tried(*way) for name, way in paths(ti, each).items()}


@task
def rendered(text: str = "", value: dict | None = None, ti=None) -> list[str]:
    log.info("the argument is %s", list((value or {}).values()))  # keys are not masked
    return [
        tried(lambda: text, str(secret(ti.run_id))),
        tried(lambda: value, secret(ti.run_id)),
    ]


@task
def mapped(part: str, ti=None) -> str:
    return tried(lambda: part, parts(ti.run_id)[ti.map_index])


class Deferring(BaseOperator):
    """Reads in a trigger, and again once it is resumed."""

    def execute(self, context):
        from peeking import PeekTrigger

        trigger = PeekTrigger(self.dag_id, context["run_id"], "send")
        self.defer(trigger=trigger, method_name="resumed", timeout=timedelta(minutes=1))

    def resumed(self, context, event):
        ti = context["ti"]
        told = tried(lambda: ti.xcom_pull(task_ids="send"), secret(ti.run_id))
        return {"trigger": event, "resumed": told}


SOMETIMES_LATE = {"retries": 2, "retry_delay": timedelta(seconds=1)}
"""A machine with much to do may start a task later than Airflow waits for it."""


@dag(schedule=None, default_args=SOMETIMES_LATE)
def aimed():
    sent, listed, each = send(), send_list(), send_each.expand(number=[0, 1])
    [sent, listed] >> at_work.override(task_id="named_at_work")(each)
    [sent, listed] >> at_work.override(task_id="other_at_work")(each)
    text = "{{ ti.xcom_pull(task_ids='send') }}"
    sent >> rendered.override(task_id="named_rendered")(text, sent)
    sent >> rendered.override(task_id="other_by_template", retries=0)(text)
    rendered.override(task_id="other_by_argument", retries=0)(value=sent)
    mapped.override(task_id="named_mapped").expand(part=listed)
    mapped.override(task_id="other_mapped", retries=0).expand(part=listed)
    sent >> Deferring(task_id="named_deferring")


@task
def from_elsewhere() -> dict:
    context = get_current_context()
    (event,) = context["triggering_asset_events"][SENT]
    source, ti = event.source_task_instance, context["ti"]
    of_source = {"dag_id": source.dag_id, "run_id": source.run_id, "task_ids": "send"}
    expected = secret(source.run_id)
    return {
        "source": tried(source.xcom_pull, expected),
        "pull": tried(lambda: ti.xcom_pull(**of_source), expected),
    }


@dag(schedule=[SENT], default_args=SOMETIMES_LATE)
def aimed_elsewhere():
    from_elsewhere.override(task_id="named_elsewhere")()
    from_elsewhere.override(task_id="other_elsewhere")()


@dag(schedule=None, default_args=SOMETIMES_LATE)
def aimed_openly():
    """The same values, not encrypted: what is looked for can be found."""
    sent = send.override(outlets=[])()
    rendered.override(task_id="named_rendered")(value=sent)


aimed()
aimed_elsewhere()
aimed_openly()
