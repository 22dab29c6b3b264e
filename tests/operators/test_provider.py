"""What Airflow finds when it looks for providers and plugins."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import airflow
import jsonschema
from airflow.plugins_manager import AirflowPlugin
from airflow.providers.common.messaging.triggers.msg_queue import MessageQueueTrigger

from redis_xcom.airflow import listener
from redis_xcom.airflow.plugin import RedisXComPlugin
from redis_xcom.airflow.provider import get_provider_info
from redis_xcom.airflow.triggers import QueueEventTrigger


def test_the_provider_info_is_as_airflow_wants_it():
    schema = Path(airflow.__file__).with_name("provider_info.schema.json")
    jsonschema.validate(get_provider_info(), json.loads(schema.read_text()))


def test_the_modules_that_it_names_exist():
    info = get_provider_info()
    for group in (*info["operators"], *info["sensors"], *info["triggers"]):
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


def test_the_scheme_of_message_queues_leads_to_the_trigger():
    message = MessageQueueTrigger(scheme="redis+queue", queue_name="orders", workers=3)
    assert isinstance(message.trigger, QueueEventTrigger)
    assert message.serialize()[1]["workers"] == 3


def test_the_connection_type_stays_airflows_own():
    assert "connection-types" not in get_provider_info()


def test_the_plugin_brings_the_listener():
    assert issubclass(RedisXComPlugin, AirflowPlugin)
    RedisXComPlugin.validate()
    assert RedisXComPlugin.listeners == [listener]
