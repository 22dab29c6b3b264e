"""How queues are, for people and for programs."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from redis_xcom import Queue
from redis_xcom.cli import view
from redis_xcom.cli.view import View
from redis_xcom.wording import span


@pytest.fixture
def busy(client, orders):
    orders.push_many(range(3))
    orders.claim(claim_id="me")
    Queue("results", client=client, tag="orders").push(1)
    client.rpush("xcom:{foreign}:ready", "1")
    client.set("another program's", 1)
    yield
    client.flushall()


def test_stats_are_of_every_queue_there_is(say, busy):
    rows = {row["queue"]: row for row in say("stats", "--json").objects}
    assert set(rows) == {"orders", "results", "foreign"}
    assert (rows["orders"]["ready"], rows["orders"]["claimed"], rows["orders"]["pushed"]) == (
        2,
        1,
        3,
    )
    assert (rows["results"]["tag"], rows["results"]["ready"]) == ("orders", 1)
    assert rows["foreign"]["ready"] == 1


def test_or_of_those_that_are_named(say, busy):
    assert [row["queue"] for row in say("stats", "orders", "new", "--json").objects] == [
        "orders",
        "new",
    ]
    (row,) = say("stats", "results", "--tag", "orders", "--json").objects
    assert row["ready"] == 1


def test_in_a_pipe_they_are_plain_columns(say, busy):
    head, *rows = say("stats", "orders").out.splitlines()
    assert head.split()[:5] == ["queue", "tag", "ready", "waiting", "claimed"]
    assert rows[0].split()[:5] == ["orders", "–", "2", "0", "1"]


def test_without_queues_it_says_so(say):
    assert say("stats").out == "no queues\n"
    assert say("stats", "--json").out == ""


def test_watch_shows_them_again_and_again(say, busy):
    told = say("watch", "orders", "--times", "3", "--every", "10ms", "--json")
    assert [row["ready"] for row in told.objects] == [2, 2, 2]


def test_a_terminal_gets_a_table(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(view.sys, "stdout", screen)
    View().rows([{"queue": "orders", "ready": 12, "payload": "[red]\x1b[2J"}])
    assert "orders" in screen.getvalue()
    assert "[red]" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (41.9, "41s"), (192, "3m 12s"), (18_121, "5h 2m"), (1_047_600, "12d 3h")],
)
def test_a_duration_is_said_as_people_do(seconds, said):
    assert span(timedelta(seconds=seconds)) == said
