"""The page of a queue: who may see it, what it tells, and that a Redis that hangs hurts nobody."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from redis_xcom import Queue
from redis_xcom.airflow.plugin import RedisXComPlugin

pytestmark = pytest.mark.filterwarnings("ignore:Using .httpx. with")  # Airflow's own imports
SECRET = "4111-1111"
PAGE = "/redis-xcom/queues/orders"


@pytest.fixture
def auth(monkeypatch):
    """Airflow's own simple auth manager; which of its tokens were revoked lies in a database."""
    from airflow.api_fastapi import app as airflow_app

    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "secret of the tests" * 4)
    with suppress(ImportError):  # before Airflow 3.2 no token could be revoked
        from airflow.models.revoked_token import RevokedToken

        monkeypatch.setattr(RevokedToken, "is_revoked", lambda *_args, **_how: False)
    yield airflow_app.create_auth_manager()
    airflow_app.purge_cached_app()


@pytest.fixture
def ask(auth):
    """`ask(path, …, role="viewer")` makes all requests at once; the first answer comes first."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    site = Starlette()
    for told in RedisXComPlugin.fastapi_apps:
        site.mount(told["url_prefix"], told["app"])

    def get(*paths, role="viewer"):
        return asyncio.run(answers(paths, headers(role)))

    def headers(role):
        if role == "stranger":
            return {}
        user = SimpleAuthManagerUser(username="ann", role=role)
        return {"Authorization": f"Bearer {auth.generate_jwt(user)}"}

    async def answers(paths, headers):
        transport = httpx.ASGITransport(site)
        async with httpx.AsyncClient(transport=transport, base_url="http://air") as browser:
            asked = [browser.get(path, headers=headers) for path in paths]
            return [await answer for answer in asyncio.as_completed(asked)]

    return get


@pytest.fixture
def page(ask):
    def text(path=PAGE, *, status=200, **who):
        (answer,) = ask(path, **who)
        assert answer.status_code == status
        return answer.text

    return text


@pytest.fixture
def orders(server, client, monkeypatch):
    address = f"redis://{str(server.socket).replace('/', '%2F')}"
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", address)
    queue = Queue("orders", client=client)
    queue.push_many([{"card": SECRET}] * 5)
    return queue


@pytest.fixture
def hanging(monkeypatch):
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setenv("AIRFLOW_CONN_HANGS", f"redis://:s3cret@127.0.0.1:{port}")
        yield f"{PAGE}?redis_conn_id=hangs"


@pytest.mark.parametrize(("role", "status"), [("stranger", 401), (None, 403), ("viewer", 200)])
def test_airflows_login_decides_who_sees_a_page(ask, orders, role, status):
    (answer,) = ask(PAGE, role=role)
    assert answer.status_code == status
    assert ("oldest" in answer.text) == (status == 200)


def test_a_page_tells_how_many_items_are_where_and_who_holds_them(page, orders):
    orders.push(SECRET, delay=timedelta(hours=2))
    claim = orders.claim(3, claim_id="shop/run/work", owner="shop.work run host:7")
    claim.reject(claim.items[0], reason="bad")
    text = page()
    for told in ("<dd>2</dd>", "in 1 claim<", "next in 1h 59m", 'class="bad">1<', "oldest: "):
        assert told in text
    for told in ("shop/run/work", "shop.work run host:7", str(claim.generation), "0s ago"):
        assert told in text
    assert "6 pushed, 3 delivered" in text
    claim.ack()


def test_a_page_tells_of_lines_and_bounds(page, orders):
    orders.push_many(range(3), ordering_keys=["a"] * 3)
    orders.limit(max_claimed=7)
    with orders.claim(2):
        text = page()
    assert "behind their key" in text
    assert "7 at most" in text
    orders.limit(max_claimed=None)


def test_a_page_shows_no_payload(page, orders):
    with orders.claim(2):
        assert SECRET not in page()


def test_a_paused_queue_says_so(page, orders):
    assert "Paused" not in page()
    orders.pause()
    assert "Paused" in page()


def test_a_list_of_queues_has_one_page(page, orders, client):
    Queue("urgent", client=client).push(1)
    text = page("/redis-xcom/queues/urgent,orders")
    assert text.index("<h1>urgent</h1>") < text.index("<h1>orders</h1>")


def test_prefix_and_tag_are_heeded(page, orders, client):
    Queue("orders", client=client, prefix="shop", tag="all").push_many([1] * 77)
    assert "<dd>77</dd>" in page(f"{PAGE}?prefix=shop&tag=all")


def test_what_strangers_wrote_is_text(page, orders):
    claim = orders.claim(claim_id="<b>", owner="<script>alert(1)</script>")
    text = page()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    claim.ack()


def test_tasks_of_dags_that_one_may_not_read_stay_unnamed(page, orders, auth, monkeypatch):
    def only_mine(*, dag_ids, user):
        assert user.username == "ann"
        return dag_ids & {"mine"}

    monkeypatch.setattr(auth, "filter_authorized_dag_ids", only_mine)
    names = ("mine/run/task", "prod:mine/run", "theirs/run/task", "prod:theirs/run", "worker-1")
    claims = [orders.claim(claim_id=name) for name in names]
    text = page()
    assert [name for name in names if name in text] == [
        "mine/run/task",
        "prod:mine/run",
        "worker-1",
    ]
    assert "theirs" not in text
    assert "2 by tasks of DAGs that you may not read" in text
    for claim in claims:
        claim.ack()


def test_more_claims_than_fit_a_page_are_counted(page, client, orders):
    orders.push_many(range(120))
    for number in range(110):
        orders.claim(claim_id=f"worker-{number}")
    assert "10 more, whose leases end later" in page()
    client.flushall()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{PAGE}?redis_conn_id=nowhere", "there is no connection"),
        (f"{PAGE}?redis_conn_id=mail", "is of the type"),
        ("/redis-xcom/queues/.hidden", "is not usable"),
    ],
)
def test_what_is_misnamed_is_told(page, orders, monkeypatch, path, words):
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", "smtp://ann:s3cret@mail")
    text = page(path, status=404)
    assert words in text
    assert "s3cret" not in text


def test_a_redis_that_hangs_is_told_and_holds_up_nobody(ask, hanging):
    """More readers than there are threads for them; who wants something else is served before."""
    first, *others = ask(*[hanging] * 12, "/redis-xcom/something/else")
    assert first.status_code == 404
    assert [answer.status_code for answer in others] == [503] * 12
    assert all("Redis does not answer." in answer.text for answer in others)
    assert "s3cret" not in others[0].text


def test_a_reader_waits_no_longer_than_was_said(page, monkeypatch):
    from redis_xcom.airflow import glance, pages

    stuck = threading.Event()
    monkeypatch.setattr(pages, "SECONDS", 0.1)
    monkeypatch.setattr(glance.Place, "glances", lambda *_: stuck.wait(30))
    try:
        assert "Redis does not answer." in page(status=503)
    finally:
        stuck.set()


def test_a_server_that_is_gone_is_told(page, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", "redis://:s3cret@127.0.0.1:1")
    text = page(status=503)
    assert "Redis does not answer." in text
    assert "s3cret" not in text


def test_a_key_of_the_wrong_type_is_told_without_its_value(page, orders, client):
    client.delete("xcom:{orders}:ready")
    client.set("xcom:{orders}:ready", SECRET)
    assert SECRET not in page(status=503)
    client.flushall()


def test_loading_the_plugin_loads_no_web_framework():
    """Airflow loads plugins in every task."""
    code = "import redis_xcom.airflow.plugin, sys; print('fastapi' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.split()[-1] == "False"
