"""The compose file: valid, and set up so that Redis loses nothing."""

import json
import subprocess
import sys

import pytest
import yaml


@pytest.fixture
def path(root):
    return root / "docker-compose.yml"


@pytest.fixture
def services(path):
    return yaml.safe_load(path.read_text())["services"]


def test_it_satisfies_the_compose_schema(path):
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, path], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_waits_only_for_services_with_a_health_check(services):
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], needed


def test_redis_appends_every_write_and_evicts_nothing(services):
    command = services["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert services["redis"]["volumes"] == ["redis:/data"]


def test_broker_and_queues_do_not_share_a_database(services):
    environment = services["worker"]["environment"]
    queues = json.loads(environment["AIRFLOW_CONN_REDIS_DEFAULT"])
    assert environment["AIRFLOW__CELERY__BROKER_URL"].endswith("/0")
    assert queues["extra"]["db"] != 0


def test_the_image_gets_the_wheel_and_not_the_checkout(root, services):
    last_stage = (root / "docker/Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert "COPY --from=wheel" in last_stage
    assert "COPY operators" not in last_stage
    mounted = [volume.partition(":")[0] for volume in services["worker"]["volumes"]]
    assert mounted == ["./examples/dags", "logs"]


def test_airflow_knows_every_option_that_is_set(services, run_python):
    names = {name for name in services["worker"]["environment"] if name.startswith("AIRFLOW__")}
    known = run_python(
        "from airflow.configuration import conf\n"
        "for section, described in conf.configuration_description.items():\n"
        "    for option in described['options']:\n"
        "        print(f'AIRFLOW__{section}__{option}'.upper())\n"
    ).split()
    core = {name for name in names if not name.startswith("AIRFLOW__CELERY__")}
    assert core <= set(known)
