"""redis-xcom in an Airflow whose users keep operators of their own in plugins/operators."""

import pytest

DAG = """
from airflow.sdk import DAG
from operators.theirs import TheirOperator
from redis_xcom.operators import ClaimFromQueueOperator, PushToQueueOperator

with DAG("both"):
    TheirOperator(task_id="theirs")
    PushToQueueOperator(task_id="push", queue="orders", payloads=[1])
    ClaimFromQueueOperator(task_id="claim", queue="orders")
"""


@pytest.fixture
def home(tmp_path):
    plugin = tmp_path / "plugins" / "operators"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").touch()
    (plugin / "theirs.py").write_text(
        "from airflow.sdk import BaseOperator\nclass TheirOperator(BaseOperator): ...\n"
    )
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "both.py").write_text(DAG)
    return tmp_path


def test_their_operators_and_ours_import_in_one_dag(home, site, run_python):
    told = run_python(
        "import airflow, runpy\n"
        f"tasks = runpy.run_path({str(home / 'dags' / 'both.py')!r})\n"
        "import operators, redis_xcom.operators\n"
        "print(operators.__file__)\n"
        "print(redis_xcom.operators.__file__)\n"
    ).splitlines()
    assert told[-2:] == [
        str(home / "plugins/operators/__init__.py"),
        str(site / "redis_xcom/operators/__init__.py"),
    ]


def test_airflow_finds_the_provider_and_the_plugin(home, run_python):
    """The checkout, installed beside the wheel, makes Airflow skip a second registration."""
    told = run_python(
        "from airflow import plugins_manager\n"
        "from airflow.providers_manager import ProvidersManager\n"
        "print('provider', ProvidersManager().providers['redis-xcom'].version)\n"
        "for plugin in plugins_manager.get_plugin_info(): print('plugin', plugin['name'])\n"
        "for error in plugins_manager.get_import_errors().values():\n"
        "    if 'already registered' not in error: print('error', error)\n"
    ).splitlines()
    assert "provider 0.1.0" in told
    assert "plugin redis_xcom" in told
    assert [line for line in told if line.startswith("error")] == []
