"""What runs of other dates pushed, what is cleared, what the API made: told by the run's conf."""

from __future__ import annotations

from airflow.sdk import dag, task
from noting import note, note_what


@dag(schedule=None)
def conformance_dated():
    @task
    def push(dag_run=None, ti=None):
        if rows := dag_run.conf["rows"]:
            ti.xcom_push("side", {"side": list(range(rows))})
            return list(range(rows))
        return None

    @task
    def pull(dag_run=None, ti=None):
        name = dag_run.conf["name"]
        note(f"dates/{name}, of this run", ti.xcom_pull(task_ids="push"))
        earlier = {"include_prior_dates": True, "task_ids": "push"}
        note(f"dates/{name}, of this or an earlier date", ti.xcom_pull(**earlier))
        note(f"dates/{name}, the same, one map index", ti.xcom_pull(map_indexes=-1, **earlier))
        if other := dag_run.conf.get("other"):
            note(f"dates/{name}, of another run", ti.xcom_pull(task_ids="push", run_id=other))

    push() >> pull()


LOOKS = {1: "as pushed", 2: "changed over the API", 3: "pushed again", 4: "its objects gone"}
"""What has happened before each try of the task that pulls."""
KEYS = {"return_value": "the output", "side": "a key", "made": "a made key", "path": "a made path"}


@dag(schedule=None)
def conformance_changed():
    @task
    def push(ti=None):
        ti.xcom_push("side", {"side": [1, 2]})
        return {"rows": [1, 2, 3]}

    @task
    def pull(ti=None):
        for key, name in KEYS.items():
            note_what(
                f"changed/{LOOKS[ti.try_number]}: {name}",
                lambda key=key: ti.xcom_pull(task_ids="push", key=key, map_indexes=-1),
            )

    push() >> pull()


@dag(schedule=None)
def conformance_reader():
    @task
    def read(dag_run=None, ti=None):
        """Pulls what the runs of other DAGs have pushed, wherever it lies."""
        for asked in dag_run.conf["xcoms"]:
            where = {name: asked[name] for name in ("dag_id", "run_id", "key")}
            found = ti.xcom_pull(task_ids=asked["task_id"], map_indexes=asked["map_index"], **where)
            index = "" if asked["map_index"] == -1 else f"[{asked['map_index']}]"
            case = f"{asked['dag_id']}.{asked['task_id']}{index} {asked['key']}"
            note(f"examples/{case}", found)

    read()


conformance_dated()
conformance_changed()
conformance_reader()
