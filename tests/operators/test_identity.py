"""Who a task instance is to a queue."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from types import SimpleNamespace

from redis_xcom.airflow.identity import (
    LONGEST_ID,
    kept_path,
    owner,
    push_id,
    run_path,
    task_path,
)

STARTED = datetime(2026, 11, 20, 5, 22, 33, 147823, timezone.utc)


def task(**differently):
    known = {"dag_id": "shop", "run_id": "manual__1", "task_id": "claim", "map_index": -1}
    return SimpleNamespace(**(known | {"max_tries": 1} | differently))


def context(ti, started=STARTED):
    return {"ti": ti, "dag_run": SimpleNamespace(start_date=started)}


def test_a_claim_id_is_the_task_instance():
    assert task_path(task()) == "shop/manual__1/claim"
    assert task_path(task(map_index=3)) == "shop/manual__1/claim/3"


def test_what_belongs_to_a_run_is_no_tasks():
    assert run_path("shop", "manual__1") == "shop/manual__1"
    assert kept_path(task()) == "shop/manual__1//claim"
    assert kept_path(task(map_index=3)) == "shop/manual__1//claim/3"


def test_an_owner_tells_task_run_host_and_pid():
    assert owner(task(map_index=3)).startswith("shop.claim[3] manual__1 ")
    assert owner(task()).endswith(f":{os.getpid()}")


def test_long_names_fit_and_stay_apart():
    long = {"dag_id": "d" * 250, "run_id": "r" * 250}
    first, second = (task_path(task(**long, task_id=name * 250)) for name in "ab")
    assert first != second
    assert len(first) == len(second) == LONGEST_ID
    assert len(owner(task(**long, task_id="a" * 250))) == LONGEST_ID
    assert len(push_id(context(task(**long, task_id="a" * 250)))) == LONGEST_ID


def test_a_push_id_changes_with_a_clear_and_with_a_new_start_of_the_run():
    first = push_id(context(task()))
    assert first == push_id(context(task(try_number=2)))
    assert first != push_id(context(task(max_tries=3)))
    assert first != push_id(context(task(), started=STARTED.replace(microsecond=0)))
