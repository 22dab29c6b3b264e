"""Exit codes, errors, secrets, and the command as it is installed."""

from __future__ import annotations

import builtins
import subprocess
import sys

import pytest

from redis_xcom import cli
from redis_xcom.cli import root

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (["nonsense"], "No such command"),
        (["push"], "Missing argument 'QUEUE'"),
        (["stats", "--nonsense"], "No such option"),
        (["peek", "a}b"], "queue name 'a}b' is not usable"),
        (["peek", "orders", "--limit", "0"], "limit is 0"),
        (["peek", "orders", "--limit", "x"], "'x' is not a valid integer"),
        (["claim", "orders", "--lease", "soon"], "'soon' is no duration: 30s, 5m, 2h"),
        (["claim", "orders", "--lease", "9" * 12 + "d"], "is too long"),
        (["claim", "orders", "--lease", "10ms"], "lease is 0:00:00.010000"),
        (["claim", "orders", "--claim-id", 'a"b'], "claim_id"),
        (["ack", "orders"], "Missing option '--generation'"),
        (["doctor", "--prefix", "*"], "prefix '*' is not usable"),
        (["stats", "--url", f"http://:{SECRET}@h"], "url has another scheme"),
        (["stats", "--url", f"redis://:{SECRET}@h:x"], "cannot be meant so"),
        ([f"redis://:{SECRET}@h"], "No such command"),
        (["peek", f"redis://:{SECRET}@h"], "is not usable"),
    ],
)
def test_what_is_not_understood_is_told_with_code_2(say, words, err):
    told = say(*words)
    assert (told.code, told.out) == (2, "")
    assert err in told.err
    assert SECRET not in told.err


def test_a_server_is_needed(say, monkeypatch):
    monkeypatch.delenv("REDIS_XCOM_URL")
    told = say("stats")
    assert told.code == 2
    assert "--url" in told.err
    assert "REDIS_XCOM_URL" in told.err


@pytest.mark.parametrize("words", [["stats"], ["peek", "orders"], ["doctor"]])
def test_a_server_that_is_not_there_is_told_with_code_1(say, words, tmp_path):
    told = say(*words, "--url", f"unix://me:{SECRET}@{tmp_path}/nothing")
    assert told.code == 1
    assert "no answer from the server" in told.err
    assert SECRET not in told.err


def test_what_is_no_text_is_told_with_code_2(say, orders):
    orders.push(1)
    assert say("redrive", "orders", "\udcff").code == 2
    assert say("purge", "orders", stdin=b"\xff\n").code == 2
    assert orders.purge() == 1


@pytest.mark.spoils_keys
def test_a_key_of_another_type_is_told(say, client):
    client.set("xcom:{orders}:ready", 1)
    told = say("peek", "orders")
    assert told.code == 1
    assert "is a string, not a list" in told.err


def test_help_names_every_command(say):
    told = say("--help")
    assert told.code == 0
    for name in root.commands.commands:
        assert f"\n  {name} " in told.out
        assert say(name, "--help").code == 0


def test_an_interrupt_ends_it_quietly(say, monkeypatch):
    def interrupted(*_words, **_how):
        raise KeyboardInterrupt

    monkeypatch.setattr("redis_xcom.queue.Queue.stats", interrupted)
    told = say("stats", "orders")
    assert (told.code, told.err.strip()) == (1, "Stopped.")


def test_it_is_installed_and_ends_with_a_pipe_that_ends(server, client):
    command = [sys.executable, "-W", "error", "-c", "from redis_xcom.cli import main; main()"]
    words = ["watch", "orders", "--every", "1ms", "--url", server.url]
    with subprocess.Popen(
        [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("queue")
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == ""


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_extra_it_says_what_to_install(monkeypatch, capsys, missing):
    real = builtins.__import__

    def importing(name, *rest):
        if name == "redis_xcom.cli.root":
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "pip install 'redis-xcom[cli]'" in capsys.readouterr().err
