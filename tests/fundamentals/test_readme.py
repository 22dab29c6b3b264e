"""The README is true: its promises are tests, its code and its redis-cli lines run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from redis_xcom import Queue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMISES = README.split("## What is promised")[1].split("\n## ")[0]
CORE, IN_AIRFLOW, OF_XCOMS = re.split(r"\nIn Airflow, |\nOf XComs, ", PROMISES)
LINES = re.findall(r"^redis-cli (.*?)(?: +#.*)?$", README, re.MULTILINE)
DAG, TASKS, XCOMS, PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def promises(section):
    return re.findall(r"^- (.*)\.$", section, re.MULTILINE)


def is_a_test(promise, tests):
    name = re.sub(r"[^a-z ]", "", promise.lower().replace("-", " ")).replace(" ", "_")
    return any(f"def test_{name}(" in test.read_text(encoding="utf-8") for test in tests)


@pytest.mark.parametrize("promise", promises(CORE))
def test_every_promise_is_the_name_of_a_test(promise):
    assert is_a_test(promise, [Path(__file__).parent / "test_promises.py"])


@pytest.mark.skipif(not (ROOT / "tests/e2e").exists(), reason="only the wheel is here")
@pytest.mark.parametrize("promise", promises(IN_AIRFLOW))
def test_every_promise_in_airflow_is_the_name_of_a_test(promise):
    assert is_a_test(promise, [*ROOT.glob("tests/e2e/*.py"), *ROOT.glob("tests/fate/*.py")])


@pytest.mark.skipif(not (ROOT / "tests/xcom").exists(), reason="only the wheel is here")
@pytest.mark.parametrize("promise", promises(OF_XCOMS))
def test_every_promise_of_xcoms_is_the_name_of_a_test(promise):
    assert is_a_test(promise, [*ROOT.glob("tests/xcom*/**/test_*.py")])


def test_the_python_lines_run(server, client, capsys, monkeypatch):
    orders = Queue("orders", url=server.url)
    program = PYTHON.replace("redis://localhost:6379/0", server.url)
    exec(compile(program, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.count("\n") == 3
    assert (orders.stats().acked, orders.stats().total) == (3, 0)
    orders.close()


@pytest.mark.skipif(not (ROOT / "examples").exists(), reason="only the wheel is here")
def test_the_dag_is_the_example_that_the_end_to_end_tests_run():
    assert (ROOT / "examples/dags/orders.py").read_text(encoding="utf-8") == DAG


def test_the_tasks_are_two_of_a_dag():
    sdk = pytest.importorskip("airflow.sdk")
    with sdk.DAG("readme", schedule=None) as dag:
        readme = {"__name__": "readme"}
        exec(compile(TASKS, "README.md", "exec"), readme)
        readme["load"]()
        readme["price"]()
    assert [task.custom_operator_name for task in dag.tasks] == ["@task.claim", "@task.drain"]


def test_the_exclusive_xcoms_are_tasks_of_a_dag():
    sdk = pytest.importorskip("airflow.sdk")
    pytest.importorskip("airflow.providers.standard")
    with sdk.DAG("readme", schedule=None) as dag:
        readme = {"__name__": "readme"}
        exec(compile(XCOMS, "README.md", "exec"), readme)
        readme["hand_on"]()
    assert dag.task_dict["ship"].upstream_task_ids == {"charge"}
    assert dag.task_dict["charge"].upstream_task_ids == {"issue_card"}


@pytest.fixture
def redis_cli(server, client):
    """Run a line of the README: with redis-cli where it is installed, else its very words."""

    def run(line):
        words = shlex.split(line)
        if shutil.which("redis-cli"):
            command = ["redis-cli", "-s", str(server.socket), *words]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return str(client.execute_command(*words))

    return run


def test_the_redis_cli_lines_show_what_waits_who_holds_what_and_what_died_and_why(
    server, client, redis_cli
):
    orders = Queue("orders", url=server.url)
    orders.push_many([{"order": number} for number in range(4)])
    held = orders.claim(owner="shop.process run-1 worker-3:4711")
    dying = orders.claim(owner="shop.process run-2 worker-5:815")
    dying.reject(reason="no such customer")
    told = {line.split(" ")[1].rpartition(":")[2]: redis_cli(line) for line in LINES[:-1]}
    assert told["ready"].count("order") == 2
    assert "worker-3:4711" in told["claims"]
    assert held.claim_id in told["leases"]
    assert '{"order":0}' in told["claimed"].replace("\\", "")
    assert "no such customer" in told["dead"]
    assert "worker-5:815" in told["dead"]
    assert "delivered" in told["state"]
    orders.close()


def test_what_redis_cli_pushes_is_claimed(server, client, redis_cli):
    orders = Queue("orders", url=server.url)
    redis_cli(LINES[-1])
    assert orders.claim().payloads == [{"order": 7}]
    orders.close()
