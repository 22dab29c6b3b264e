"""The entry point through which Airflow finds the listener and the pages."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from redis_xcom.airflow import listener
from redis_xcom.airflow.site import Site
from redis_xcom.airflow.xcom import macros


class RedisXComPlugin(AirflowPlugin):
    """Brings the listener that settles claims, a page for each queue, and macros."""

    name = "redis_xcom"
    listeners = [listener]  # noqa: RUF012 - as Airflow's base class declares it
    macros = [macros.hand, macros.handed_xcoms]  # noqa: RUF012 - likewise
    fastapi_apps = [  # noqa: RUF012 - likewise
        {"app": Site(), "url_prefix": "/redis-xcom", "name": "redis-xcom"}
    ]
