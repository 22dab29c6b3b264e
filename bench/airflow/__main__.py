"""Measure, print, write the rows into results.json: five minutes or so."""

from __future__ import annotations

import json

from rich.console import Console

from bench.airflow.measure import DAGS, DRAINED, MAPPED, rows
from bench.record import record, show
from lab.airflow import LocalAirflow
from redis_xcom.embedded import EmbeddedServer

SLOTS = 2


def main() -> None:
    console = Console()
    console.print(f"{DRAINED:,} items drained, {MAPPED:,} mapped over, on {SLOTS} slots.")
    with EmbeddedServer() as server, server.client() as client:
        connection = {"conn_type": "redis", "host": str(server.socket)}
        environment = {"AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection)}
        with LocalAirflow(dags=DAGS, environment=environment, parallelism=SLOTS) as airflow:
            found = rows(airflow.api, client)
    show(found, console)
    record(found)


if __name__ == "__main__":
    main()
