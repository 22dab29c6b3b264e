"""Tasks are mapped over what others pushed, as it is and changed on the way."""

from __future__ import annotations

from airflow.exceptions import AirflowSkipException
from airflow.sdk import dag, get_current_context, task, task_group
from noting import note


@task
def letters():
    return [{"letter": each, "rest": each * 300} for each in "ab"]


@task
def ages():
    return {"Ada": 36, "Grace": 85}


@task
def nothing():
    return []


@task
def pair():
    return ("left", "right" * 100)


@task
def a_set():
    return {1}


@task
def a_text():
    return "text"


@task
def a_frame():
    import pandas as pd

    return pd.DataFrame({"n": [1, 2]})


@task
def none():
    return None


@task
def see(how, x=None, y=None, letter=None, rest=None):
    index = get_current_context()["ti"].map_index
    note(f"mapping/{how}, {index}", [x, y, letter, rest])


@task
def gather(how, values):
    note(f"mapping/{how}, gathered", [type(values).__name__, len(values), list(values)])


@task
def upper(each):
    return {**each, "letter": each["letter"].upper()}


def longer(each):
    if each["letter"] == "b":
        raise AirflowSkipException
    return each["letter"] * 2


@dag(schedule=None)
def conformance_mapping():
    rows, people, two = letters(), ages(), pair()
    see.override(task_id="a_list").partial(how="a list").expand(x=rows)
    see.override(task_id="a_dict").partial(how="a dict").expand(x=people)
    see.override(task_id="empty").partial(how="empty").expand(x=nothing())
    see.override(task_id="changed").partial(how="changed").expand(x=rows.map(longer))
    see.override(task_id="zipped").partial(how="zipped").expand(x=rows.zip(two))
    see.override(task_id="joined").partial(how="joined").expand(x=two.concat(rows))
    see.override(task_id="named").partial(how="named").expand_kwargs(rows)
    see.override(task_id="crossed").partial(how="crossed").expand(x=two, y=people)
    see.override(task_id="partly").partial(how="partly", y=people).expand(x=[1, 2])
    mapped = upper.expand(each=rows)
    see.override(task_id="over_mapped").partial(how="over a mapped task").expand(x=mapped)
    gather("a mapped task", mapped)

    @task_group
    def group(each):
        see.override(task_id="in_group")("a mapped group", x=upper(each))

    group.expand(each=rows)
    for refused in (a_set, a_text, a_frame, none):
        see.override(task_id=f"over_{refused.function.__name__}").partial(how="x").expand(
            x=refused()
        )


conformance_mapping()
