"""The entry point through which Airflow finds the listener and the pages."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from redis_xcom.airflow import listener
from redis_xcom.airflow.site import Site


class RedisXComPlugin(AirflowPlugin):
    """Brings the listener that settles claims, and a page for each queue."""

    name = "redis_xcom"
    listeners = [listener]  # noqa: RUF012 - as Airflow's base class declares it
    fastapi_apps = [  # noqa: RUF012 - likewise
        {"app": Site(), "url_prefix": "/redis-xcom", "name": "redis-xcom"}
    ]
