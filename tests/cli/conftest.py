from __future__ import annotations

import io
import json
from typing import NamedTuple

import pytest

from redis_xcom import Queue
from redis_xcom.cli.root import run


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def say(server, client, monkeypatch, capsys):
    """`say("stats", "orders")`: exit code and words of the command; `stdin=` are bytes."""
    monkeypatch.setenv("REDIS_XCOM_URL", server.url)

    def call(*words, stdin=b""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run(words)
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def orders(client):
    return Queue("orders", client=client)
