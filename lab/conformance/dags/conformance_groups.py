"""XComs in task groups, of what is set up and torn down, of branches that are not taken."""

from __future__ import annotations

from airflow.sdk import dag, get_current_context, setup, task, task_group, teardown
from noting import note


@setup
def make():
    return {"cluster": "c" * 300}


@teardown
def unmake(made, used):
    note("groups/in the teardown", [made, used])


@task
def use(made):
    return [made["cluster"][:3]]


@task
def inner():
    ti = get_current_context()["ti"]
    ti.xcom_push("side", ("s", "x" * 300))
    return {"task": ti.task_id, "x": "y" * 300}


@task
def beside(value, ti=None):
    note("groups/within", value)
    note("groups/a key, within", ti.xcom_pull(task_ids="group.inner", key="side"))


@task_group
def group():
    value = inner()
    beside(value)
    return value


@task
def outside(value):
    note("groups/from outside", value)


@task.branch
def branch():
    return "taken"


@task
def taken():
    return ["taken" * 100]


@task
def left_out():
    return ["left out" * 100]


@task(trigger_rule="none_failed")
def join(one, other, ti=None):
    note("groups/of a branch", [one, other])
    note("groups/the branch itself", ti.xcom_pull(task_ids="branch"))


@dag(schedule=None)
def conformance_groups():
    made = make()
    used = use(made)
    made >> used >> unmake(made, used)
    outside(group())
    one, other = taken(), left_out()
    branch() >> [one, other]
    join(one, other)


conformance_groups()
