"""What Airflow itself makes of a reference where the backend is switched off."""

from __future__ import annotations

from typing import Any


class XComReference:
    """The name that a reference bears in Airflow's table.

    Airflow's own serialisation loads the value through it. In tasks the listener sees to it that
    it may; before Airflow 3.3 `[core] allowed_deserialization_classes` has to name it.
    """

    __module__ = "redis_xcom.airflow.xcom"  # the name in the table is where it is found

    @staticmethod
    def deserialize(told: Any, version: int) -> Any:
        """Return the value; what the reference itself holds has been deserialised already."""
        from redis_xcom.airflow.xcom.reading import value_behind
        from redis_xcom.airflow.xcom.reference import read_told

        return value_behind(read_told(told, version), ready=True)
