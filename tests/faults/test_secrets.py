"""Wrong logins, hanging servers: one clear error in bounded time, and never the password."""

from __future__ import annotations

import logging
import time
import traceback
from datetime import timedelta
from urllib.parse import quote

import pytest

from redis_xcom import Queue, ServerError, ServerUnavailable
from redis_xcom.connect import connect

PASSWORD = "s3cret/with@signs"
WRONG = "wr0ng/with@signs"


@pytest.fixture
def guarded(make_server):
    """A server that wants a password. It is set once it runs: starting it needs none."""
    server = make_server()
    server.client().config_set("requirepass", PASSWORD)
    return server


def url_with(server, password):
    return f"unix://:{quote(password, safe='')}@{server.socket}"


@pytest.fixture
def everything_said(caplog, capfd):
    """All that was logged at any level and written to the terminal."""
    caplog.set_level(logging.DEBUG)

    def said():
        out, err = capfd.readouterr()
        return caplog.text + out + err

    return said


def told(error):
    return "".join(traceback.format_exception(error, chain=True)) + repr(error)


def test_the_right_password_works_and_is_never_shown(guarded, everything_said):
    queue = Queue("orders", url=url_with(guarded, PASSWORD))
    queue.push(1)
    with queue.claim() as claim:
        words = f"{queue!r} {claim!r} {claim.items!r} {queue.stats()!r} {queue.drain()!r}"
    assert PASSWORD not in words + everything_said()
    queue.close()


@pytest.mark.parametrize("password", [WRONG, None])
def test_a_refused_login_is_one_clear_error(guarded, everything_said, password):
    url = url_with(guarded, password) if password else guarded.url
    queue = Queue("orders", url=url)
    for call in (queue.stats, lambda: queue.push(1), queue.claim, lambda: list(queue.drain())):
        began = time.monotonic()
        with pytest.raises(ServerError, match="refused") as caught:
            call()
        assert time.monotonic() - began < 3
        assert WRONG not in told(caught.value)
    assert WRONG not in everything_said()
    queue.close()


def test_a_url_that_cannot_be_meant_is_not_repeated():
    with pytest.raises(ValueError, match="scheme") as caught:
        Queue("orders", url=f"http://:{quote(WRONG)}@localhost")
    assert "wr0ng" not in told(caught.value)


def test_an_unreachable_servers_error_does_not_show_the_password(guarded, everything_said):
    queue = Queue("orders", url=url_with(guarded, PASSWORD))
    queue.push(1)
    guarded._process.kill()
    guarded._process.wait()
    with pytest.raises(ServerUnavailable) as caught:
        queue.push(2)
    assert PASSWORD not in told(caught.value) + everything_said()
    assert quote(PASSWORD, safe="") not in told(caught.value) + everything_said()
    queue.close()


def test_a_server_that_hangs_is_unavailable_in_bounded_time(make_proxy, live_queue):
    proxy = make_proxy()
    client = connect(proxy.url, socket_timeout=0.1)
    queue = Queue("orders", client=client)
    queue.push(1)
    proxy.silent = True
    began = time.monotonic()
    with pytest.raises(ServerUnavailable, match="orders"):
        queue.push(2, push_id="again")
    assert time.monotonic() - began < 9 * 0.1 + 4
    proxy.silent = False
    assert queue.push(2, push_id="again").repeated == 1
    client.close()


def test_a_heartbeat_on_a_hanging_server_tells_the_work(make_proxy, live_queue, eventually):
    proxy = make_proxy()
    client = connect(proxy.url, socket_timeout=0.2)
    live_queue.push(1)
    claim = Queue("orders", client=client).claim(lease=timedelta(seconds=1)).keep_alive()
    assert not claim.lost
    proxy.silent = True
    eventually(lambda: claim.lost, "the loss to be known", timeout=5)
    claim.stop_keep_alive()
    client.close()
