"""What Airflow finds when it looks for providers and plugins."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import airflow
import jsonschema
from airflow.plugins_manager import is_valid_plugin

from redis_xcom.airflow import listener
from redis_xcom.airflow.plugin import RedisXComPlugin
from redis_xcom.airflow.provider import get_provider_info


def test_the_provider_info_is_as_airflow_wants_it():
    schema = Path(airflow.__file__).with_name("provider_info.schema.json")
    jsonschema.validate(get_provider_info(), json.loads(schema.read_text()))


def test_the_modules_that_it_names_exist():
    for group in get_provider_info()["operators"]:
        for module in group["python-modules"]:
            importlib.import_module(module)


def test_discovery_imports_neither_airflow_nor_redis():
    """It runs before Airflow's configuration is ready."""
    code = """
import sys
from redis_xcom.airflow.provider import get_provider_info
get_provider_info()
print(*(name for name in ("airflow", "redis") if name in sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == []


def test_the_connection_type_stays_airflows_own():
    assert "connection-types" not in get_provider_info()


def test_the_plugin_brings_the_listener():
    assert is_valid_plugin(RedisXComPlugin)
    assert RedisXComPlugin.listeners == [listener]
