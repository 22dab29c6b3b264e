"""The XComs of one task as Airflow's REST API and its UI show and change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from lab.airflow_run import Run


@dataclass
class TaskXComs:
    """What a task instance that is not mapped has pushed in this run."""

    run: Run
    task_id: str

    def listed(self) -> list[dict[str, Any]]:
        """Answer the entries without their values, as the UI lists them."""
        found: list[dict[str, Any]] = self._api.get(f"{self._path}?limit=1000")["xcom_entries"]
        return found

    def shown(self, key: str, *, deserialize: bool = False, stringify: bool = False) -> Any:
        """Answer a value the way it is asked for."""
        query = f"deserialize={deserialize}&stringify={stringify}".lower()
        return self._api.get(f"{self._path}/{quote(key)}?{query}")["value"]

    def create(self, key: str, value: Any) -> None:
        self._api.post(self._path, {"key": key, "value": value, "map_index": -1})

    def change(self, key: str, value: Any) -> None:
        body = {"value": value, "map_index": -1}
        self._api.change("PATCH", f"{self._path}/{quote(key)}", body)

    def delete(self, key: str) -> None:
        self._api.change("DELETE", f"{self._path}/{quote(key)}", {})

    @property
    def _api(self) -> Any:
        return self.run.airflow.api

    @property
    def _path(self) -> str:
        tasks = f"/dags/{self.run.dag_id}/dagRuns/{self.run.run_id}/taskInstances"
        return f"{tasks}/{self.task_id}/xcomEntries"
