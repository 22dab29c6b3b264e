"""What the section `[redis_xcom]` of Airflow's configuration says of XComs."""

from __future__ import annotations

import pytest

from redis_xcom.airflow.xcom import settings


@pytest.fixture
def configured(monkeypatch):
    """`configured(threshold=…)` sets options; what was read before is forgotten."""

    def configure(**options):
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__REDIS_XCOM__XCOM_{name.upper()}", str(value))
        forget()

    yield configure
    monkeypatch.undo()
    forget()


def forget():
    for remembered in (settings._configured, settings._overrides, settings._settings_of_task):
        remembered.cache_clear()
