"""What differs between the versions of Airflow that are supported, 3.1 to 3.3."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from uuid import UUID


def _either(name: str, newer: str, older: str) -> Any:
    """Return what the newer module calls by this name, where there is one, or else the older."""
    try:
        return getattr(import_module(newer), name)
    except (ImportError, AttributeError):
        return getattr(import_module(older), name)


def _conf() -> Any:
    return _either("conf", "airflow.sdk", "airflow.configuration")


def max_map_length() -> int:
    """How many task instances `[core] max_map_length` lets one task expand to."""
    return int(_conf().getint("core", "max_map_length", fallback=1024))


def option(name: str, usual: str) -> str:
    """What the section `[redis_xcom]` of Airflow's configuration says, or what is usual."""
    return str(_conf().get("redis_xcom", name, fallback=usual) or usual)


def core_fernet_key() -> str:
    """What `[core] fernet_key` says: a key, several with commas between them, or nothing.

    Where no key was made yet a task's configuration has a place for one instead.
    """
    key = str(_conf().get("core", "fernet_key", fallback="") or "")
    return "" if key == "{FERNET_KEY}" else key


def mask_secret(texts: list[str]) -> None:
    """Have three stars put for them in the log of this task."""
    import_module("airflow.sdk.log").mask_secret(texts)


def secrets_masker() -> Any:
    """What takes secrets out of the log, and of rendered fields, in this process."""
    return import_module("airflow.sdk._shared.secrets_masker")._secrets_masker()  # noqa: SLF001


def default_deferrable() -> bool:
    """What `[operators] default_deferrable` says."""
    return bool(_conf().getboolean("operators", "default_deferrable", fallback=False))


def default_timeout() -> float:
    """For how many seconds `[sensors] default_timeout` lets a sensor wait."""
    return float(_conf().getfloat("sensors", "default_timeout"))


def deferral_timed_out() -> type[BaseException]:
    """What is raised in a task whose deferral took too long."""
    return _error("TaskDeferralTimeout")


def deferral_failed() -> type[BaseException]:
    """What is raised in a task whose trigger failed."""
    return _error("TaskDeferralError")


def sensor_timeout(message: str) -> BaseException:
    """Return what a sensor raises when its time is up."""
    return _error("AirflowSensorTimeout")(message)


def fitting_kwargs(
    function: Callable[..., Any], args: Collection[Any], given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what of `given` the function takes by name, beyond these positional arguments."""
    determine = _either(
        "determine_kwargs", "airflow.sdk.bases.decorator", "airflow.utils.operator_helpers"
    )
    fitting: Mapping[str, Any] = determine(function, args, given)
    return fitting


def no_such_connection() -> type[BaseException]:
    """What looking up a connection raises where there is none."""
    return _error("AirflowNotFoundException")


def see_database() -> None:
    """Have this process, which is no task, find connections in the metadata database, too."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def base_url() -> str:
    """Where the UI lies, without a slash at the end; nothing for the root of whoever serves it."""
    return str(_conf().get("api", "base_url", fallback="") or "").rstrip("/")


def add_listener(listener: object) -> None:
    """Make the listener hear of this process's task; it may be added already."""
    manager = _either("get_listener_manager", "airflow.sdk.listener", "airflow.listeners.listener")
    manager().add_listener(listener)


def allow_to_deserialize(kind: type) -> None:
    """Let Airflow's serialisation load a class in this process, without its configuration.

    Before Airflow 3.3 it can be allowed by `[core] allowed_deserialization_classes` alone.
    """
    try:
        allow = import_module("airflow.sdk.serde").allow_class
    except (ImportError, AttributeError):
        return
    allow(kind)


def skip(message: str) -> BaseException:
    """Return what a task raises to be skipped."""
    return _error("AirflowSkipException")(message)


def fail_for_good(message: str) -> BaseException:
    """Return what a task raises to fail without another try."""
    return _error("AirflowFailException")(message)


def run_to_trigger() -> type[BaseException]:
    """What Airflow's operator raises to have a run triggered, with all that it is to be."""
    return _error("DagRunTriggerException")


def is_timeout(error: object) -> bool:
    """Whether this is what Airflow raises in a task that runs out of time."""
    return isinstance(error, _error("AirflowTaskTimeout"))


def is_skip(error: object) -> bool:
    """Whether a task raises this to be skipped."""
    return isinstance(error, _error("AirflowSkipException"))


def is_deferral(error: object) -> bool:
    """Whether a task raises this to go on in a trigger."""
    return isinstance(error, _error("TaskDeferred"))


def is_final(error: object) -> bool:
    """Whether a task raises this to fail without another try."""
    return isinstance(error, _error("AirflowFailException"))


def _error(name: str) -> type[BaseException]:
    kind: type[BaseException] = _either(name, "airflow.sdk.exceptions", "airflow.exceptions")
    return kind


def state_on_server(ti: Any) -> str:
    """Ask the API server for the task instance's state, "unknown" when it knows none.

    A task process hears "success" even when the server has refused its report.
    """
    found = ti.get_task_states(
        dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[ti.task_id], map_index=ti.map_index
    )
    states = list(found.get(ti.run_id, {}).values())
    return str(getattr(states[0], "value", states[0])) if len(states) == 1 else "unknown"


def states_on_server(
    ti: Any, *, dag_id: str, task_id: str, run_ids: list[str]
) -> dict[tuple[str, int], str]:
    """Ask the API server for one task's instances by run and map index; unknown ones are left out.

    :param ti: the task that asks, over its own supervisor.
    """
    found = ti.get_task_states(dag_id=dag_id, task_ids=[task_id], run_ids=run_ids)
    return {
        (run_id, int(name[len(task_id) + 1 :] or -1)): str(getattr(state, "value", state))
        for run_id, states in found.items()
        for name, state in states.items()
    }


def runs_that_go_on(ti: Any, dag_id: str, run_ids: Sequence[str]) -> set[str]:
    """Return those of a DAG's runs that wait or run; ended and unknown ones are left out.

    Airflow tells a task how many there are, not which: where it is neither all nor none, each
    half is asked about in turn.
    """
    states = ["queued", "running"]
    going_on = ti.get_dr_count(dag_id=dag_id, run_ids=list(run_ids), states=states)
    if going_on in {0, len(run_ids)}:
        return set(run_ids) if going_on else set()
    half = len(run_ids) // 2
    parts = (run_ids[:half], run_ids[half:])
    return set().union(*(runs_that_go_on(ti, dag_id, part) for part in parts))


def try_id(ti: Any) -> str:
    """The id of this try: a UUID7, so that a newer try's compares greater."""
    identity: UUID = ti.id
    return str(identity)
