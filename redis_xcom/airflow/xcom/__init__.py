"""The XCom backend: large values out of the metadata database, aimed and claimed ones.

`[core] xcom_backend = redis_xcom.airflow.xcom.RedisXCom` switches it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.switched_off import XComReference

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.backend import RedisXCom

__all__ = ["RedisXCom", "XComReference"]


def __getattr__(name: str) -> Any:
    """Load the backend when it is asked for: Airflow does so in the middle of its own import."""
    if name != "RedisXCom":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from redis_xcom.airflow.xcom.backend import RedisXCom

    return RedisXCom
