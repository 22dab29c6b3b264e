from __future__ import annotations

import pytest

from lab.leaks import dump, find_leaks


def pytest_configure(config):
    config.addinivalue_line("markers", "spoils_keys: plants keys that no queue would make")


@pytest.fixture(autouse=True)
def no_leaks(request):
    """After each test every key belongs to a queue, and no claim outlives its items."""
    fixture = next((f for f in ("either_client", "client") if f in request.fixturenames), None)
    server = request.getfixturevalue(fixture) if fixture else None
    yield
    if server is not None and request.node.get_closest_marker("spoils_keys") is None:
        assert find_leaks(server) == []


@pytest.fixture
def snapshot(either_client):
    """`snapshot()` is everything on the server; but for the clock, which every call moves."""

    def take():
        found = dump(either_client)
        for key in [key for key in found if key.endswith(":state")]:
            found[key] = {k: v for k, v in found[key].items() if k not in CLOCKWORK}
        return found

    return take


CLOCKWORK = (b"seen", b"ahead", b"gaps", b"generation")


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
