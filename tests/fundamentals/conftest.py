from __future__ import annotations

import pytest

from redis_xcom import Queue


@pytest.fixture
def make_queue(server, client):
    """Queues on the real server, as a user makes them; `client` leaves it empty."""
    made = []

    def make(name="orders", **options):
        made.append(Queue(name, url=server.url, **options))
        return made[-1]

    yield make
    for queue in made:
        queue.close()


@pytest.fixture
def orders(make_queue):
    return make_queue()
