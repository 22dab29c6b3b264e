"""What Airflow itself makes of a reference where the backend is switched off."""

from __future__ import annotations

from typing import Any


class XComReference:
    """The name that a reference bears in Airflow's table.

    Airflow's own serialisation loads the value through it, once `[core]
    allowed_deserialization_classes` has `redis_xcom.airflow.xcom.XComReference`.
    """

    @staticmethod
    def deserialize(told: Any, version: int) -> Any:
        """Return the value; what the reference itself holds has been deserialised already."""
        from redis_xcom.airflow.xcom.reading import value_behind
        from redis_xcom.airflow.xcom.reference import read_told

        return value_behind(read_told(told, version), ready=True)
