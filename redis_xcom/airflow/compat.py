"""What differs between the versions of Airflow that are supported, 3.1 to 3.3."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID


def _either(name: str, newer: str, older: str) -> Any:
    """Return what the newer module calls by this name, where there is one, or else the older."""
    try:
        return getattr(import_module(newer), name)
    except (ImportError, AttributeError):
        return getattr(import_module(older), name)


def max_map_length() -> int:
    """How many task instances `[core] max_map_length` lets one task expand to."""
    conf = _either("conf", "airflow.sdk", "airflow.configuration")
    return int(conf.getint("core", "max_map_length", fallback=1024))


def base_url() -> str:
    """Where the UI lies, without a slash at the end; nothing for the root of whoever serves it."""
    conf = _either("conf", "airflow.sdk", "airflow.configuration")
    return str(conf.get("api", "base_url", fallback="") or "").rstrip("/")


def add_listener(listener: object) -> None:
    """Make the listener hear of this process's task; it may be added already."""
    manager = _either("get_listener_manager", "airflow.sdk.listener", "airflow.listeners.listener")
    manager().add_listener(listener)


def skip(message: str) -> Exception:
    """Return what a task raises to be skipped."""
    error: Exception = _either(
        "AirflowSkipException", "airflow.sdk.exceptions", "airflow.exceptions"
    )(message)
    return error


def is_timeout(error: object) -> bool:
    """Whether this is what Airflow raises in a task that runs out of time."""
    timeout: type = _either("AirflowTaskTimeout", "airflow.sdk.exceptions", "airflow.exceptions")
    return isinstance(error, timeout)


def state_on_server(ti: Any) -> str:
    """Ask the API server for the task instance's state, "unknown" when it knows none.

    A task process hears "success" even when the server has refused its report.
    """
    found = ti.get_task_states(
        dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[ti.task_id], map_index=ti.map_index
    )
    states = list(found.get(ti.run_id, {}).values())
    return str(getattr(states[0], "value", states[0])) if len(states) == 1 else "unknown"


def try_id(ti: Any) -> str:
    """The id of this try: a UUID7, so that a newer try's compares greater."""
    identity: UUID = ti.id
    return str(identity)
