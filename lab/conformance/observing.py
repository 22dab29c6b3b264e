"""Runs every DAG of `dags/` on one Airflow and answers what its tasks and the API saw."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.airflow_run import Run
from lab.airflow_xcoms import TaskXComs

if TYPE_CHECKING:
    from lab.airflow import LocalAirflow

RUN = "conformance"
AT_ONCE = ("values", "templates", "native", "mapping", "life", "groups", "changed")
SECONDS = 180
PUSHED = ", pushed"
REFUSED = "refused"

Seen = dict[str, str]


@dataclass
class Observer:
    """One pass over all DAGs, on an Airflow that has not seen them yet.

    :param notes: the file that the tasks write what they saw to.
    :param store: the url that values are offloaded to; a file is planted there.
    :param vanish: removes the objects of the DAG of this id from the store, behind everybody's
        back.
    :param examples: which of Airflow's own example DAGs run as well.
    """

    airflow: LocalAirflow
    notes: Path
    store: str
    vanish: Callable[[str], None]
    examples: Iterable[str] = ()

    def observe(self) -> Seen:
        """Answer what was seen, by case."""
        runs = {name: self._start(f"conformance_{name}") for name in AT_ONCE}
        examples = [self._start(dag_id) for dag_id in self.examples]
        earlier = self._dated("earlier", 50)
        runs["templates"].wait(timeout=SECONDS)
        runs["pulling"] = self._start("conformance_pulling")
        earlier.wait(timeout=SECONDS)
        runs["later"] = self._dated("later", 0, other=earlier.run_id)
        seen = self._change(runs["changed"])
        seen |= self._read(examples)
        for run in runs.values():
            seen |= _states("states", run)
        return {**seen, **self._delete(runs["values"]), **_told(self.notes)}

    def _start(self, dag_id: str, **options: Any) -> Run:
        return Run.ask(self.airflow, dag_id, **{"run_id": RUN, **options})

    def _dated(self, name: str, rows: int, **conf: Any) -> Run:
        """The dates are further apart than the runs, so that the order is theirs."""
        date = {"earlier": "2026-01-01T00:00:00Z", "later": "2026-01-02T00:00:00Z"}[name]
        conf = {"name": name, "rows": rows, **conf}
        return self._start("conformance_dated", run_id=name, logical_date=date, conf=conf)

    def _change(self, run: Run) -> Seen:
        """The API shows, makes, changes and deletes XComs; each time the consumer looks again."""
        run.wait(timeout=SECONDS)
        pushed = TaskXComs(run, "push")
        shown = {f"api/{case}": seen for case, seen in _shown(pushed).items()}
        pushed.create("made", {"by": "the API"})
        pushed.create("path", f"{self.store}/planted.json")
        pushed.change("side", {"changed": "by the API"})
        pushed.delete("return_value")
        self._again(run, "pull")
        self._again(run, "push")
        self._again(run, "pull")
        self.vanish(run.dag_id)
        self._again(run, "pull")
        return shown

    def _again(self, run: Run, task_id: str) -> None:
        run.clear(task_id)
        run.wait(timeout=SECONDS)

    def _read(self, runs: Iterable[Run]) -> Seen:
        """One task pulls all that the examples have pushed."""
        seen: Seen = {}
        for run in runs:
            seen |= _states("examples", run)
        asked = [
            {name: entry[name] for name in ("dag_id", "run_id", "task_id", "map_index", "key")}
            for run in runs
            for entry in TaskXComs(run, "~").listed()
        ]
        if asked:
            self._start("conformance_reader", conf={"xcoms": asked}).wait(timeout=SECONDS)
        return seen

    def _delete(self, run: Run) -> Seen:
        self.airflow.api.change("DELETE", f"/dags/{run.dag_id}/dagRuns/{run.run_id}", {})
        left = self.airflow.api.get(f"/dags/{run.dag_id}/dagRuns/~/taskInstances/~/xcomEntries")
        return {"api/entries of a deleted run": str(left["total_entries"])}


def _states(where: str, run: Run) -> Seen:
    run.wait(timeout=SECONDS)
    return {
        f"{where}/{run.dag_id}.{task['task_id']}[{task['map_index']}]": task["state"]
        for task in run.airflow.api.tasks(run.dag_id, run.run_id)
    }


def _told(notes: Path) -> Seen:
    """What could not be pushed was not there to be pulled: that is one case."""
    lines = map(json.loads, notes.read_text(encoding="utf-8").splitlines())
    told = {line["case"]: line["saw"] for line in lines}
    pushed = {case: told.pop(case) for case in list(told) if case.endswith(PUSHED)}
    refused = (case for case, saw in pushed.items() if saw == REFUSED)
    return told | {case.removesuffix(PUSHED): REFUSED for case in refused}


def _shown(pushed: TaskXComs) -> Seen:
    listed = sorted((entry["key"], entry["map_index"]) for entry in pushed.listed())
    value = {"rows": [1, 2, 3]}
    ways = {
        "raw": pushed.shown("return_value"),
        "deserialised": pushed.shown("return_value", deserialize=True),
        "as text": pushed.shown("return_value", stringify=True),
    }
    kinds = {f"an offloaded value, {way}": _kind(shown, value) for way, shown in ways.items()}
    return {"entries listed": str(listed), **kinds}


def _kind(shown: Any, value: Any) -> str:
    """What stands in the place of a large value, without what differs from run to run."""
    text = shown if isinstance(shown, str) else json.dumps(shown)
    if shown == value or text.replace("'", '"') == json.dumps(value):
        return "the value"
    return "a reference" if "sha256" in text else "a path" if "://" in text else text
