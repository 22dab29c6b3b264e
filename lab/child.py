"""A consumer in a process of its own, which a test may freeze, thaw and kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.freezing import freeze, thaw

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).parent.parent


class Child:
    """One of `lab.consumers` with its answers.

    :param path: folders to import from before all others: another redis-py.
    """

    def __init__(self, what: str, *args: object, path: Sequence[Path] = ()) -> None:
        places = os.pathsep.join(map(str, (*path, ROOT)))
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "lab.consumers", what, *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": places},
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def answer(self) -> dict[str, Any]:
        """Return its next line; raises `AssertionError` with its last words when it has ended."""
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1] or "ended without a word")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, line: str) -> dict[str, Any]:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def freeze(self) -> None:
        """Stop it where it stands; returns once it does."""
        freeze(self.process.pid)

    def thaw(self) -> None:
        thaw(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def answer_of(what: str, *args: object, path: Sequence[Path] = ()) -> dict[str, Any]:
    """Run a consumer to its end and return its only answer."""
    with Child(what, *args, path=path) as child:
        return child.answer()
