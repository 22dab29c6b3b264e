"""Whose process it is that asks for a value."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk.definitions._internal import contextmanager

from redis_xcom.airflow.xcom.reader import FROM_ENVIRONMENT, Reader, current_reader

IN_CONTEXT = Reader("shop", "load", "manual__1", 3)
IN_ENVIRONMENT = Reader("shop", "extract", "manual__2")


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    for name in FROM_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


def set_environment(monkeypatch):
    told = (IN_ENVIRONMENT.dag_id, IN_ENVIRONMENT.task_id, IN_ENVIRONMENT.run_id)
    for name, value in zip(FROM_ENVIRONMENT, told, strict=True):
        monkeypatch.setenv(name, value)


def set_context(monkeypatch, context):
    monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [context])


def test_outside_of_a_task_nobody_reads():
    assert current_reader() is None


def test_the_current_context_says_who_reads(monkeypatch):
    set_context(monkeypatch, {"ti": SimpleNamespace(**vars(IN_CONTEXT))})
    assert current_reader() == IN_CONTEXT


def test_without_a_context_the_environment_says_it(monkeypatch):
    set_environment(monkeypatch)
    assert current_reader() == IN_ENVIRONMENT


def test_the_context_is_believed_before_the_environment(monkeypatch):
    """The environment may be that of the task before, where several run in a process."""
    set_environment(monkeypatch)
    set_context(monkeypatch, {"ti": SimpleNamespace(**vars(IN_CONTEXT))})
    assert current_reader() == IN_CONTEXT
    set_context(monkeypatch, {})
    assert current_reader() is None


@pytest.mark.parametrize("missing", FROM_ENVIRONMENT)
def test_half_an_environment_is_nobody(monkeypatch, missing):
    set_environment(monkeypatch)
    monkeypatch.setenv(missing, "")
    assert current_reader() is None


def test_a_reader_is_named_like_its_task():
    assert str(IN_CONTEXT) == "shop.load[3]"
    assert str(IN_ENVIRONMENT) == "shop.extract"
