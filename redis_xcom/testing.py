"""Fixtures for the tests of your own DAGs: `pytest_plugins = ["redis_xcom.testing"]`.

`xcom_client` is a client of an empty server, `xcom_queue` makes queues on it by name. By default
the server is fakeredis, in this process; `pytest --xcom-server=embedded`, or the fixture
`xcom_embedded_server`, gives a real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from redis_xcom.embedded import EmbeddedServer
from redis_xcom.queue import Queue

MakeQueue = Callable[..., Queue]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--xcom-server",
        choices=("fake", "embedded"),
        default="fake",
        help="what the queues of the fixture xcom_queue lie on",
    )


@pytest.fixture(scope="session")
def xcom_embedded_server() -> Iterator[EmbeddedServer]:
    """A real server for the whole session."""
    with EmbeddedServer() as server:
        yield server


@pytest.fixture
def xcom_client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of a server that is empty before each test."""
    if request.config.getoption("--xcom-server") == "embedded":
        server: EmbeddedServer = request.getfixturevalue("xcom_embedded_server")
        client: Any = server.client()
        client.flushall()
    else:
        client = fake_client()
    yield client
    client.close()


@pytest.fixture
def xcom_queue(xcom_client: Any) -> MakeQueue:
    """Make a queue: `xcom_queue("orders")`, with any option of `Queue`."""

    def make(name: str = "queue", **options: Any) -> Queue:
        return Queue(name, client=xcom_client, **options)

    return make


def fake_client() -> Any:
    """A client of a fakeredis server of its own: good for logic, not for timing or durability."""
    import fakeredis

    return fakeredis.FakeRedis(server=fakeredis.FakeServer())
