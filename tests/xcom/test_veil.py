"""What a task has opened stands neither in its rendered fields nor in its log."""

from __future__ import annotations

import json
import uuid

import pytest
from airflow.sdk._shared.secrets_masker import SecretsMasker

from redis_xcom.airflow.xcom import veil
from redis_xcom.airflow.xcom.reader import Reader
from redis_xcom.airflow.xcom.veil import HIDDEN, MOST, MOST_CHARACTERS, cover

MINE = Reader("shop", "load", "r")


@pytest.fixture
def masker(monkeypatch):
    """Airflow's own masker, but for this test alone; nobody is told of the masks."""
    masker = SecretsMasker()
    monkeypatch.setattr(veil, "secrets_masker", lambda: masker)
    monkeypatch.setattr(veil, "mask_secret", masker.add_mask)
    monkeypatch.setattr(veil, "_masked", set())
    return masker


@pytest.fixture(autouse=True)
def read_by(monkeypatch):
    def as_task(reader):
        monkeypatch.setattr(veil, "current_reader", lambda: reader)

    as_task(MINE)
    return as_task


def test_strings_are_masked_however_deep_they_lie(masker):
    cover({"iban": "DE02 1203 0000", "parts": [("first part", {"x": {"second part"}})]})
    line = masker.redact("paid DE02 1203 0000: first part, second part, third part")
    assert line == "paid ***: ***, ***, third part"


def test_a_printed_value_is_masked_as_well(masker):
    value = {"note": "over\ntwo lines", "name": "Zoë Ågren", "quoted": """it's "so" """}
    cover(value)
    shown = masker.redact(f"{value}")
    assert shown.count("***") == 3
    assert masker.redact(json.dumps(value)).count("***") == 3


def test_long_numbers_are_masked_and_short_ones_left_readable(masker):
    cover({"card": 4111111111111111, "port": 8080, "rate": 0.123456789, "yes": True, "no": None})
    assert masker.redact("4111111111111111 8080 0.123456789 True") == "*** 8080 *** True"


def test_rendered_fields_are_hidden_whole(masker):
    """Keys and numbers cannot be masked."""
    fields = {"alice@example.com": 4111, "text": "as"}
    assert masker.redact(fields, "op_kwargs") == fields
    cover(fields)
    assert masker.redact(fields, "op_kwargs") == HIDDEN
    assert masker.redact(fields) == fields


def test_only_the_task_that_opened_it_loses_its_rendered_fields(masker, read_by):
    """Several tasks run in a process when a DAG is tested."""
    cover("whatever")
    cover("whatever more")
    read_by(Reader("shop", "report", "r"))
    assert masker.redact("echo hello", "bash_command") == "echo hello"
    cover("it too")
    assert masker.redact("echo hello", "bash_command") == HIDDEN
    read_by(MINE)
    assert masker.redact("echo hello", "bash_command") == HIDDEN


def test_where_no_task_runs_there_are_no_fields_to_hide(masker, read_by):
    read_by(None)
    cover("a value")
    assert masker.redact("echo hello", "bash_command") == "echo hello"
    assert masker.redact("it is a value") == "it is ***"


def test_masks_are_bounded(masker):
    for _ in range(3):
        cover([str(uuid.uuid4()) for _ in range(10_000)])
    assert len(masker.patterns) == MOST
    cover(["one more that finds no room"])
    assert len(masker.patterns) == MOST


def test_long_strings_have_no_room(masker):
    cover(["x" * (MOST_CHARACTERS + 1), "y" * (MOST_CHARACTERS - 4), "12345678", "1234"])
    assert masker.patterns == {"y" * (MOST_CHARACTERS - 4)}


@pytest.mark.parametrize("value", [None, "", [], {}, b"bytes" * 3, object(), True])
def test_what_has_no_text_is_no_trouble(masker, value):
    cover(value)
    assert not masker.patterns
