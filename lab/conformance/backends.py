"""The XCom backends that are compared, each on an Airflow of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lab.airflow import LocalAirflow
from lab.conformance.observing import Observer
from redis_xcom.embedded import EmbeddedServer

DAGS = Path(__file__).with_name("dags")
DEFAULT = "BaseXCom"
OURS = "redis_xcom.airflow.xcom.RedisXCom"
OURS_ON_FILES = "RedisXCom, files"
BACKENDS: dict[str, dict[str, str]] = {
    DEFAULT: {},
    "XComObjectStorageBackend, files": {
        "AIRFLOW__CORE__XCOM_BACKEND": (
            "airflow.providers.common.io.xcom.backend.XComObjectStorageBackend"
        ),
        "AIRFLOW__COMMON_IO__XCOM_OBJECTSTORAGE_PATH": "{files}",
        "AIRFLOW__COMMON_IO__XCOM_OBJECTSTORAGE_THRESHOLD": "0",
    },
    OURS_ON_FILES: {
        "AIRFLOW__CORE__XCOM_BACKEND": OURS,
        "AIRFLOW__REDIS_XCOM__XCOM_STORE": "{files}",
        "AIRFLOW__REDIS_XCOM__XCOM_THRESHOLD": "0",
    },
    "RedisXCom, Redis": {
        "AIRFLOW__CORE__XCOM_BACKEND": OURS,
        "AIRFLOW__REDIS_XCOM__XCOM_STORE": "redis://redis_default@xcom",
        "AIRFLOW__REDIS_XCOM__XCOM_THRESHOLD": "0",
    },
}
"""Every value is offloaded where a backend offloads at all."""

EXAMPLES = {
    "example_xcom": ("example_xcom",),
    "example_xcomargs": ("example_xcom_args", "example_xcom_args_with_operators"),
    "example_dynamic_task_mapping": (
        "example_dynamic_task_mapping",
        "example_task_mapping_second_order",
        "example_task_group_mapping",
    ),
    "example_dynamic_task_mapping_with_no_taskflow_operators": (
        "example_dynamic_task_mapping_with_no_taskflow_operators",
    ),
    "example_task_group_decorator": ("example_task_group_decorator",),
    "example_setup_teardown_taskflow": ("example_setup_teardown_taskflow",),
    "tutorial_dag": ("tutorial_dag",),
    "tutorial_taskflow_api": ("tutorial_taskflow_api",),
}
"""Airflow's own, by file: those that push or pull and need no network."""

QUICK = ("example_xcom", "tutorial_taskflow_api")
"""Of them those that every change runs."""


def needed(notes: Path, store: str) -> dict[str, str]:
    """Answer the environment of an Airflow whose DAGs are observed.

    :param notes: the file that tasks write what they saw to.
    :param store: the url that values are offloaded to.
    """
    return {
        "CONFORMANCE_NOTES": str(notes),
        "CONFORMANCE_STORE": store,
        "AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES": "airflow.* catalogue.*",
    }


def copy_dags(folder: Path, *, examples: Iterable[str] = EXAMPLES) -> None:
    """Put the DAGs to observe into a folder, and these files of Airflow's own examples.

    None of them starts by itself.
    """
    shutil.copytree(DAGS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in examples:
        example = Path(find_spec(f"airflow.example_dags.{name}").origin)
        alone = example.read_text(encoding="utf-8").replace('schedule="@once"', "schedule=None")
        (folder / example.name).write_text(alone, encoding="utf-8")


class Files:
    """A folder that values are offloaded to, with a file in it that no XCom has written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = folder.as_uri()
        folder.mkdir(exist_ok=True)
        folder.joinpath("planted.json").write_text('"somebody else\'s"')

    def vanish(self, dag_id: str) -> None:
        """Remove the objects of a DAG behind everybody's back."""
        for path in self._folder.glob(f"{dag_id}/**/*"):
            if path.is_file():
                path.unlink()


@contextmanager
def observer_of(backend: str, *, server: str) -> Iterator[Observer]:
    """Start an Airflow with this backend and yield who observes it."""
    with (
        tempfile.TemporaryDirectory(prefix="conformance-") as made,
        EmbeddedServer(server=server) as running,
    ):
        folder, files = Path(made), Files(Path(made) / "store")
        copy_dags(folder / "dags")
        connection = {"conn_type": "redis", "host": str(running.socket)}
        settings = BACKENDS[backend].items()
        environment = {
            "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection),
            **needed(folder / "notes", files.url),
            **{name: value.format(files=files.url) for name, value in settings},
        }
        with LocalAirflow(dags=folder / "dags", environment=environment) as airflow:
            dags = [dag_id for file in EXAMPLES.values() for dag_id in file]
            vanish = _both(files.vanish, running.client())
            yield Observer(airflow, folder / "notes", files.url, vanish, dags)


def _both(vanish: Callable[[str], None], client: Any) -> Callable[[str], None]:
    """Wherever the backend keeps them."""

    def vanish_everywhere(dag_id: str) -> None:
        vanish(dag_id)
        if keys := list(client.scan_iter(f"*{dag_id}*")):
            client.unlink(*keys)

    return vanish_everywhere
