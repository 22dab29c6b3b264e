"""Each target notices when the property it watches over is broken."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from lab.fuzz import lua
from lab.fuzz.targets import envelopes
from lab.fuzz.worker import load
from redis_xcom import (
    claimant,
    codec,
    connect,
    intake,
    item,
    keys,
    request,
    units,
)
from redis_xcom.airflow import connection
from redis_xcom.airflow.xcom import handed, naming, place, reference
from redis_xcom.cli import options, root, view


def lenient(raw, max_bytes):
    """As Python's own parser would have it."""
    told = json.loads(raw)
    return item.Item(id=told["xcom"], payload=told["payload"])


def without(old, new):
    return lambda path, source=lua.source: source(path).replace(old, new)


FAULTS = {
    "payloads": [
        (intake, "decode_item", lenient),
        (intake, "_take_in_singly", lambda reply, _: intake.Intake([], [], {"no": [1, 2, 3]})),
        (codec, "STRANGERS_PART", slice(0, 0)),
    ],
    "values": [
        (codec, "_encode", json.JSONEncoder().encode),
        (codec, "shown", repr),
        (codec, "_is_deep", lambda _: False),
    ],
    "envelopes": [
        (lua, "source", without("digits(math.min(failures, MOST))", "'0'")),
        (lua, "source", without('([^"\\\\]*)"()', '([^"]*)"()')),
        (lua, "source", without("~' .. suffix", "' .. suffix")),
        (envelopes, "HEAD", re.compile(rb'\{"xcom":"[^"]*"')),
    ],
    "words": [
        (claimant, "SPEAKABLE", re.compile(r".{1,512}", re.DOTALL)),
        (lua, "source", without("return #a < #b", "return #a <= #b")),
    ],
    "names": [(keys, "NAME", re.compile(r".+", re.DOTALL))],
    "connections": [
        (connection, "HOST", re.compile(r"[^/]+")),
        (connection.RedisServer, "__repr__", lambda server: str(server.options)),
        (connection, "LONGEST_NUMBER", 10**9),
    ],
    "urls": [
        (connect, "check_url", lambda url: urlsplit(url).scheme),
        (connect, "UNREADABLE", "redis://me:hunter2-s3cret@h is no good"),
    ],
    "references": [
        (reference, "_check", lambda _: None),
        (place.Place, "fault", lambda _: ""),
        (naming, "LONGEST_PART", 10**6),
        (naming, "quote", lambda text, **_: text),
        (Fernet, "_verify_signature", lambda *_: None),
        (handed, "HANDLE", re.compile(r".*", re.DOTALL)),
    ],
    "arguments": [(units, "shown", repr), (claimant, "shown", str)],
    "command_line": [
        (root, "_without_login", str),
        (options, "UNITS", {}),
        (view, "_plain", dict),
    ],
    "whole_path": [(request, "bury_bad", lambda *_: None)],
}
INPUTS = 20_000


@pytest.mark.parametrize(
    ("name", "where", "what", "fault"),
    [(name, *fault) for name, faults in FAULTS.items() for fault in faults],
)
def test_a_planted_fault_is_found(feed, monkeypatch, request, name, where, what, fault):
    kind = load(name)
    monkeypatch.setattr(kind, "server", request.config.getoption("--server"))
    monkeypatch.setattr(where, what, fault)
    target = kind()
    request.addfinalizer(target.close)
    assert feed(target, INPUTS)


def test_every_target_has_its_planted_faults():
    from lab.fuzz.worker import TARGETS

    assert FAULTS.keys() == TARGETS.keys()
