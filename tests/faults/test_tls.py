"""`rediss://`: certificate and host name are verified, unless the url says otherwise."""

from __future__ import annotations

import shutil

import pytest

from lab.certificates import Authority
from lab.ports import free_port
from lab.tls import Terminator
from redis_xcom import Queue, ServerUnavailable


@pytest.fixture
def trusted(tmp_path):
    return Authority(tmp_path, "trusted")


@pytest.fixture
def stranger(tmp_path):
    return Authority(tmp_path, "stranger")


WITH_TLS = ["redis-server"] if shutil.which("redis-server") else []


@pytest.fixture(params=["terminated", *WITH_TLS])
def port(request, trusted):
    """Of a server that calls itself localhost: the wheel's has no TLS, so it is before it."""
    certificate, key = trusted.vouch_for("localhost")
    if request.param in WITH_TLS:
        make_server = request.getfixturevalue("make_server")
        yield served_by_redis(make_server, certificate, key, trusted.file)
    else:
        server = request.getfixturevalue("server")
        with Terminator(server.socket, certificate=certificate, key=key) as tls:
            yield tls.port


def served_by_redis(make_server, certificate, key, authority):
    found = free_port()
    settings = {
        "bind": "127.0.0.1",
        "tls-port": str(found),
        "tls-cert-file": str(certificate),
        "tls-key-file": str(key),
        "tls-ca-cert-file": str(authority),
        "tls-auth-clients": "no",
    }
    make_server(server="redis-server", settings=settings)
    return found


@pytest.fixture
def queue_at(client):
    """Queues by url; `client` leaves the server empty."""
    made = []

    def make(url):
        made.append(Queue("orders", url=url))
        return made[-1]

    yield make
    for queue in made:
        queue.close()


def test_a_server_whose_authority_is_trusted_is_used(port, trusted, queue_at):
    queue = queue_at(f"rediss://localhost:{port}/0?ssl_ca_certs={trusted.file}")
    queue.push(1)
    assert [item.payload for item in queue.drain()] == [1]


def test_another_host_name_is_refused(port, trusted, queue_at):
    queue = queue_at(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={trusted.file}")
    with pytest.raises(ServerUnavailable, match="certificate verify failed"):
        queue.push(1)


def test_another_authority_is_refused(port, stranger, queue_at):
    queue = queue_at(f"rediss://localhost:{port}/0?ssl_ca_certs={stranger.file}")
    with pytest.raises(ServerUnavailable, match="certificate verify failed"):
        queue.push(1)


def test_without_any_word_on_authorities_the_systems_are_asked(port, queue_at):
    with pytest.raises(ServerUnavailable, match="certificate verify failed"):
        queue_at(f"rediss://localhost:{port}/0").push(1)


def test_the_url_can_waive_it(port, queue_at):
    queue = queue_at(f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=none&ssl_check_hostname=false")
    assert queue.push(1).pushed == 1
