"""Words after `redis-xcom`, on a server with something in it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

from lab.fuzz.draw import Draw
from lab.fuzz.target import Target, must
from lab.fuzz.targets.connections import SECRET
from redis_xcom import Queue
from redis_xcom.cli import watching
from redis_xcom.cli.root import commands, run
from redis_xcom.embedded import EmbeddedServer

HELP = {"-h", "--help"}
OPTIONS = sorted({name for c in commands.commands.values() for p in c.params for name in p.opts})
VALUES = (
    "orders", "results", "1", "0", "-1", "5m", "30s", "1e9", "9" * 30, "999999999999d", "0.5h",
    "me", '{"a": [1]}', "[1,", "NaN", '"\\ud800"', "--", "-", "", "a}b", "%s", "\udcff", "x" * 600,
    f"redis://:{SECRET}@[", f"redis://:{SECRET}@h:x", f"http://me:{SECRET}@h", "1" * 5_000,
)  # fmt: skip


class CommandLine(Target):
    """It ends with 0, 1 or 2, says why in words, and tells no password."""

    name = "command_line"
    share = 2
    seeds = (b"", *(bytes([n, 3, 1, 0, 2]) + b"\x01" * n for n in range(len(commands.commands))))

    def __init__(self) -> None:
        self._server = EmbeddedServer(server=self.server, settings={"appendonly": "no"}).start()
        self._client: Any = self._server.client()
        self._client.config_set("requirepass", SECRET)
        self._client.execute_command("AUTH", SECRET)
        self._url = f"unix://:{SECRET}@{self._server.socket}"

    def close(self) -> None:
        self._client.close()
        self._server.remove()

    def check(self, data: bytes) -> str:
        draw = Draw(data)
        words = [*_words(draw), "--url", self._url]
        self._fill()
        code, out, err = _said(words, draw.rest())
        must(code in {0, 1, 2}, f"ended with {code!r}")
        must(SECRET not in out + err, "tells the password")
        must(code != 2 or err, "does not say why")
        if code == 0 and words[1] == "--json" and not HELP & set(words):
            _check_json(out)
        return f"{'refused: ' if code else ''}{words[0]} {err[:20]}"

    def _fill(self) -> None:
        self._client.flushall()
        queue = Queue("orders", client=self._client)
        queue.push_many([1, "two", {"three": 3}])
        queue.claim(claim_id="me")
        queue.claim(claim_id="you").reject(reason="no \x1b[2J")


def _words(draw: Draw) -> list[str]:
    name = draw.choice((*commands.commands, draw.text()))
    words = ["--json"] if draw.coin() else []
    words += ["orders"] if draw.byte() % 4 else []
    words += [draw.choice(draw.choice((OPTIONS, VALUES))) for _ in range(draw.byte() % 6)]
    # No argument of a process holds a NUL.
    return [word.replace("\0", "") for word in (name, *words)]


def _said(words: list[str], stdin: bytes) -> tuple[int, str, str]:
    """Run it with streams as a process has them."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        io.TextIOWrapper(out, "utf-8", write_through=True) as stdout,
        io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True) as stderr,
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        patch.object(watching.time, "sleep", _interrupt),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        code = run(words)
        return code, out.getvalue().decode(), err.getvalue().decode()


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def _check_json(out: str) -> None:
    for line in out.splitlines():
        must(isinstance(json.loads(line), dict), "not an object a line")
