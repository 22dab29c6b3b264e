"""Every way of asking for XComs, by `xcom_pull`, by `axcom_pull`, by the backend's class."""

from __future__ import annotations

from airflow.sdk import dag, get_current_context, task
from noting import REFUSED, note, note_what

ROWS = 100
PULLS = {
    "one task": {"task_ids": "one"},
    "one task, a key": {"task_ids": "one", "key": "other"},
    "several tasks": {"task_ids": ["one", "two"]},
    "several tasks, the other way round": {"task_ids": ("two", "one")},
    "several tasks, one unknown": {"task_ids": ["one", "no_such_task"]},
    "no such task": {"task_ids": "no_such_task"},
    "no such key": {"task_ids": "one", "key": "no such key"},
    "no such key, a default": {"task_ids": "one", "key": "no such key", "default": "usual"},
    "the same, one map index": {"task_ids": "one", "key": "x", "map_indexes": -1, "default": "u"},
    "a None, a default": {"task_ids": "one", "key": "none", "map_indexes": -1, "default": "usual"},
    "its own": {"key": "mine"},
    "all of a mapped task": {"task_ids": "wide"},
    "one map index": {"task_ids": "wide", "map_indexes": 1},
    "several map indexes": {"task_ids": "wide", "map_indexes": [2, 0]},
    "a map index that is none": {"task_ids": "wide", "map_indexes": 7},
    "map index None": {"task_ids": "wide", "map_indexes": None},
    "several tasks and map indexes": {"task_ids": ["wide", "one"], "map_indexes": [0, -1]},
    "another DAG": {"task_ids": "data", "dag_id": "conformance_templates"},
    "another DAG, a key": {"task_ids": "data", "key": "name", "dag_id": "conformance_templates"},
}


@task
def one(ti=None):
    ti.xcom_push("other", {"other": "x" * 300})
    ti.xcom_push("none", None)
    return list(range(ROWS))


@task
def two():
    return ("two", 2)


@task
def wide(n: int):
    return {"n": n, "rows": [n] * ROWS}


@task
def pull(ti=None):
    ti.xcom_push("mine", ["mine"])
    for name, asked in PULLS.items():
        note_what(f"pulling/{name}", lambda asked=asked: ti.xcom_pull(**asked))


@task
async def pull_async():
    ti = get_current_context()["ti"]
    ti.xcom_push("mine", ["mine"])
    await ti.axcom_push("async", {"x": "y" * 300})
    note("pulling, async/what was pushed so", await ti.axcom_pull(key="async"))
    for name, asked in PULLS.items():
        try:
            note(f"pulling, async/{name}", await ti.axcom_pull(**asked))
        except Exception:
            note(f"pulling, async/{name}", REFUSED)


@task
def lazily(seen):
    case = "pulling, a sequence/"
    note(f"{case}kind", type(seen).__name__)
    note(f"{case}length", len(seen))
    note(f"{case}first", seen[0])
    note(f"{case}last", seen[-1])
    note(f"{case}slice", seen[1:])
    note(f"{case}slice from the end", seen[-2:])
    note(f"{case}every second, backwards", seen[::-2])
    note(f"{case}iterated", [each["n"] for each in seen])
    note(f"{case}equal", seen == [{"n": n, "rows": [n] * ROWS} for n in range(3)])
    note_what(f"{case}too far", lambda: seen[3])


@task
def by_class(ti=None):
    from airflow.sdk.execution_time.xcom import XCom

    case, run = "pulling, by the class/", {"dag_id": ti.dag_id, "run_id": ti.run_id}
    asked = {"key": "return_value", **run}
    own = {"key": "set", "task_id": ti.task_id, **run}
    note_what(f"{case}get_one", lambda: XCom.get_one(task_id="two", **asked))
    note_what(f"{case}get_one, mapped", lambda: XCom.get_one(task_id="wide", map_index=2, **asked))
    note_what(f"{case}get_all", lambda: XCom.get_all(task_id="wide", **asked))
    note_what(f"{case}get_all of nothing", lambda: XCom.get_all(task_id="no_such_task", **asked))
    XCom.set(value={"x": "y" * 300}, **own)
    note_what(f"{case}set", lambda: XCom.get_value(ti_key=ti, key="set"))
    XCom.set(value=["anew" * 100], **own)
    note_what(f"{case}set anew", lambda: XCom.get_value(ti_key=ti, key="set"))
    XCom.delete(**own, map_index=-1)
    note_what(f"{case}deleted", lambda: XCom.get_value(ti_key=ti, key="set"))


@dag(schedule=None)
def conformance_pulling():
    mapped = wide.expand(n=[0, 1, 2])
    [one(), two(), mapped] >> pull() >> [pull_async(), by_class()]
    lazily(mapped)


conformance_pulling()
