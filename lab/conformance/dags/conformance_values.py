"""Every value is pushed under a key of its own, and pulled by another task."""

from __future__ import annotations

from airflow.sdk import dag, task
from catalogue import KEYS, values
from noting import note, note_what

ABSENT = "nothing was pushed"
RETURNED = {
    "None": None,
    "0": 0,
    "False": False,
    "an empty text": "",
    "an empty list": [],
    "an empty dict": {},
}


@task
def push(ti=None):
    for number, (name, make) in enumerate(values().items()):
        note_what(
            f"values/{name}, pushed",
            lambda key=f"value {number}", make=make: ti.xcom_push(key, make()),
        )
    for name, key in KEYS.items():
        note_what(
            f"keys/{name}, pushed",
            lambda key=key, name=name: ti.xcom_push(key, ["under", name]),
        )


@task
def pull(ti=None):
    asked = {f"values/{name}": f"value {number}" for number, name in enumerate(values())}
    asked.update({f"keys/{name}": key for name, key in KEYS.items()})
    which = {"task_ids": "push", "map_indexes": -1, "default": ABSENT}
    for case, key in asked.items():
        note_what(case, lambda key=key: ti.xcom_pull(key=key, **which))


@task
def one(name: str):
    return RETURNED[name]


@task
def each(values):
    note("returned/each of the mapped ones", list(values))


@task(multiple_outputs=True)
def several():
    return {"n": 1, "rows": [1, 2], "nothing": None, "text": "x" * 300}


@task
def pieces(whole, n, rows, nothing, text):
    note("returned/several outputs, whole", whole)
    note("returned/several outputs, each", [n, rows, nothing, text])


@task
def inferred() -> dict[str, int]:
    return {"a": 1, "b": 2}


@task(do_xcom_push=False)
def kept():
    return "not pushed"


@task(multiple_outputs=True)
def no_mapping():
    return [1]


@task(multiple_outputs=True)
def odd_key():
    return {1: "a"}


@task(trigger_rule="all_done")
def rest(ti=None):
    note("returned/inferred outputs", ti.xcom_pull(task_ids="inferred", key="b"))
    for name in ("kept", "no_mapping", "odd_key"):
        note(f"returned/by {name}", ti.xcom_pull(task_ids=name))


@dag(schedule=None)
def conformance_values():
    push() >> pull()
    each(one.expand(name=list(RETURNED)))
    whole = several()
    pieces(whole, whole["n"], whole["rows"], whole["nothing"], whole["text"])
    [inferred(), kept(), no_mapping(), odd_key()] >> rest()


conformance_values()
