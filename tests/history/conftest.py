from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.history import witness
from lab.history.judge import Judge
from lab.history.recording import read_history
from redis_xcom import Queue


@pytest.fixture
def witnessed(monkeypatch, client, clock):
    """Queues whose scripts note what they do; `old, new, file` plants a fault in them."""
    plain = witness.PLAIN

    def start(old="", new="", file="", **options):
        def planted(path):
            text = plain(path)
            assert path != file or text.count(old) == 1
            return text.replace(old, new) if path == file else text

        witness.install(planted)
        make = {"client": client, "clock": clock, "tag": "t"}
        queues = (Queue(name, **make | options) for name in ("work", "done"))
        return SimpleNamespace(**dict(zip(("work", "done"), queues, strict=True)))

    yield start
    witness.remove()


@pytest.fixture
def judged(client):
    """`judged(queues)`: what the judge says of all that was done so far."""

    def judge(queues, **how):
        forwarding = frozenset({queues.work.keys.base})
        reader = Judge(forwarding=forwarding).read(read_history(client, "t"))
        return reader.settle_account(client, **how)

    return judge
