"""What tests and the demo ask a running Airflow over its REST API."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import httpx

from lab.waiting import wait_until

FINISHED = {"success", "failed"}


class AirflowApi:
    """The REST API of one Airflow that lets everybody in.

    :param url: where the API server listens.
    :param timeout: seconds an answer may take.
    """

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        self._one_change_at_a_time = threading.Lock()
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def health(self) -> dict[str, str]:
        """Answer each component's status; nothing at all while nobody listens."""
        try:
            answer = self._http.get("/api/v2/monitor/health").json()
        except httpx.TransportError:
            return {}
        return {name: component["status"] for name, component in answer.items()}

    def log_in(self) -> None:
        answer = self._http.get("/auth/token")
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def wait_for_dag(self, dag_id: str, *, timeout: float = 60.0) -> None:
        """Return once the DAG is known; raise at once when a DAG file cannot be imported."""
        wait_until(lambda: self._knows(dag_id), f"DAG {dag_id} to be parsed", timeout=timeout)

    def import_errors(self) -> list[dict[str, Any]]:
        return self.get("/importErrors")["import_errors"]

    def trigger(
        self,
        dag_id: str,
        *,
        conf: dict[str, Any] | None = None,
        run_id: str | None = None,
        logical_date: str | None = None,
    ) -> str:
        """Start a run and answer its id."""
        body = {"logical_date": logical_date, "conf": conf or {}}
        if run_id:
            body["dag_run_id"] = run_id
        return self.post(f"/dags/{dag_id}/dagRuns", body)["dag_run_id"]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Answer the DAG's runs, the oldest first."""
        return self.get(f"/dags/{dag_id}/dagRuns?limit=1000&order_by=id")["dag_runs"]

    def run_state(self, dag_id: str, run_id: str) -> str:
        return self.get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"]

    def wait_for_run(self, dag_id: str, run_id: str, *, timeout: float = 60.0) -> str:
        """Return how the run ended, "success" or "failed"."""

        def ending() -> str:
            state = self.run_state(dag_id, run_id)
            return state if state in FINISHED else ""

        return wait_until(ending, f"run {run_id} of {dag_id} to end", timeout=timeout)

    def tasks(self, dag_id: str, run_id: str, task_id: str | None = None) -> list[dict[str, Any]]:
        """Answer the run's task instances, mapped ones in the order of their index."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=1000"
        found = self.get(path)["task_instances"]
        wanted = [task for task in found if task_id in {None, task["task_id"]}]
        return sorted(wanted, key=lambda task: (task["task_id"], task["map_index"]))

    def span(self, dag_id: str, run_id: str, task_id: str | None = None) -> timedelta:
        """Answer how long a run took, or its mapped tasks from the first start to the last end."""
        run = f"/dags/{dag_id}/dagRuns/{run_id}"
        if task_id is None:
            first = last = self.get(run)
        else:
            mapped = f"{run}/taskInstances/{task_id}/listMapped?limit=1&order_by="
            first, last = (
                self.get(mapped + order)["task_instances"][0]
                for order in ("start_date", "-end_date")
            )
        return datetime.fromisoformat(last["end_date"]) - datetime.fromisoformat(
            first["start_date"]
        )

    def task(
        self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1
    ) -> dict[str, Any]:
        return self.get(_task_path(dag_id, run_id, task_id, map_index))

    def xcom(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *,
        key: str = "return_value",
        map_index: int = -1,
    ) -> Any:
        """Answer an XCom's value; raise ``KeyError`` when it has not been pushed."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        query = {"map_index": map_index, "deserialize": "false", "stringify": "false"}
        answer = self._http.get(f"/api/v2{path}", params=query)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise KeyError(f"{dag_id}/{run_id}/{task_id}[{map_index}] has no XCom {key}")
        return answer.raise_for_status().json()["value"]

    def clear(self, dag_id: str, run_id: str, task_ids: list[str], **options: Any) -> None:
        """Clear these tasks of the run, finished or not, and let it run again."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": task_ids,
            "only_failed": False,
            "reset_dag_runs": True,
            **options,
        }
        self.post(f"/dags/{dag_id}/clearTaskInstances", body)

    def mark(
        self, state: str, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1
    ) -> None:
        """Set a task instance's state by hand, as the UI's buttons do."""
        path = _task_path(dag_id, run_id, task_id, map_index)
        self.change("PATCH", path, {"new_state": state})

    def log(
        self, dag_id: str, run_id: str, task_id: str, *, attempt: int, map_index: int = -1
    ) -> str:
        """Answer what the task logged in one of its attempts, one line each."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        content = self.get(f"{path}?map_index={map_index}&full_content=true")["content"]
        return "\n".join(str(line.get("event", line)) for line in content)

    def raw_log(self, task: dict[str, Any]) -> str:
        """Answer all that a task instance, as `tasks` tells it, has logged in all its attempts."""
        path = f"{_task_path(task['dag_id'], task['dag_run_id'], task['task_id'], -1)}/logs"
        query = f"?map_index={task['map_index']}&full_content=true"
        attempts = range(1, task["try_number"] + 1)
        return "\n".join(str(self.get(f"{path}/{attempt}{query}")) for attempt in attempts)

    def links(self, task: dict[str, Any]) -> dict[str, str]:
        """Answer where a task instance's links lead, by their names."""
        path = _task_path(task["dag_id"], task["dag_run_id"], task["task_id"], -1)
        links: dict[str, str] = self.get(f"{path}/links?map_index={task['map_index']}")[
            "extra_links"
        ]
        return links

    def page(self, address: str) -> str:
        """Answer the HTML at an address of the UI."""
        return self._http.get(address).raise_for_status().text

    def _knows(self, dag_id: str) -> bool:
        if errors := self.import_errors():
            raise ImportError(errors[0]["stack_trace"])
        return self._http.get(f"/api/v2/dags/{dag_id}").is_success

    def get(self, path: str) -> Any:
        return self._http.get(f"/api/v2{path}").raise_for_status().json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.change("POST", path, body)

    def change(self, method: str, path: str, body: dict[str, Any]) -> Any:
        # On SQLite two audited requests at once wait for each other until one gives up.
        with self._one_change_at_a_time:
            answer = self._http.request(method, f"/api/v2{path}", json=body)
        if answer.is_error:
            raise ValueError(f"{path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None


def _task_path(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
    return path if map_index < 0 else f"{path}/{map_index}"
