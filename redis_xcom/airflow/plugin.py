"""The entry point through which Airflow finds the listener."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from redis_xcom.airflow import listener


class RedisXComPlugin(AirflowPlugin):
    """Brings the listener that settles claims."""

    name = "redis_xcom"
    listeners = [listener]  # noqa: RUF012 - as Airflow's base class declares it
