"""The fixtures that users get for the tests of their own DAGs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import redis_xcom

CONFTEST = 'pytest_plugins = ["redis_xcom.testing"]\n'
TESTS = """
def test_items_are_claimed(xcom_queue):
    orders = xcom_queue("orders", max_deliveries=1)
    assert orders.stats().total == 0
    orders.push({"n": 1})
    with orders.claim() as claim:
        assert claim.payloads == [{"n": 1}]

def test_each_test_begins_with_an_empty_server(xcom_queue, xcom_client):
    assert xcom_client.keys() == []
    xcom_queue().push(1)
    assert xcom_queue("queue").stats().ready == 1

def test_what_the_server_is(xcom_client, request):
    kind = request.config.getoption("--xcom-server")
    assert (type(xcom_client).__name__ == "FakeRedis") == (kind == "fake")
"""


@pytest.mark.parametrize("option", [[], ["--xcom-server=embedded"]])
def test_a_users_tests_run_on_either_server(tmp_path, option):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_mine.py").write_text(TESTS)
    done = run_tests(tmp_path, *option)
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_the_real_server_can_be_asked_for_by_name(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_mine.py").write_text(
        "def test_it_is_real(xcom_embedded_server):\n"
        "    assert xcom_embedded_server.client().ping()\n"
    )
    done = run_tests(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def run_tests(folder, *options):
    installed = Path(redis_xcom.__file__).parents[1]
    paths = ["-p", "no:cacheprovider", "-o", f"pythonpath={installed}", "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", "-q", *paths, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
