"""The fuzzing processes, watched from outside: one may die or hang of what it is fed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lab.fuzz.finding import ROOT, Finding
from lab.fuzz.watch import Slate

if TYPE_CHECKING:
    from collections.abc import Sequence

STUCK_SECONDS = 120.0
"""Without a new input: far more than a busy machine makes of one second."""


@dataclass
class Member:
    """One process, the slate that it writes to, and when it was last seen to get on."""

    process: subprocess.Popen[str]
    path: str
    complaints: IO[str]
    begun: int = -1
    seen_at: float = field(default_factory=time.monotonic)

    def is_stuck(self) -> bool:
        now, begun = time.monotonic(), Slate(self.path).begun
        if begun != self.begun:
            self.begun, self.seen_at = begun, now
        return now - self.seen_at > STUCK_SECONDS

    def answer(self) -> dict[str, Any]:
        """Return its tallies, or the input that it died of."""
        told = self.process.communicate()[0]
        if told and self.process.returncode == 0:
            answer: dict[str, Any] = json.loads(told)
            return answer
        target, data = Slate(self.path).last()
        self.complaints.seek(0)
        last_words = " | ".join(self.complaints.read().strip().splitlines()[-3:])
        how = f"the process ended with {self.process.returncode}: {last_words}"
        return {"died": vars(Finding(target, repr(data), how, "of the process"))}

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.complaints.close()
        Path(self.path).unlink(missing_ok=True)


class Team:
    """So many processes, each with its part of the inputs and a seed of its own."""

    def __init__(
        self, targets: Sequence[str], inputs: int, seed: int, size: int, server: str
    ) -> None:
        common = ["--inputs", str(-(-inputs // size)), "--server", server, "--targets", *targets]
        self._commands = [["--seed", f"{seed}/{number}", *common] for number in range(size)]

    def run(self) -> list[dict[str, Any]]:
        members = [_start(command) for command in self._commands]
        try:
            while any(member.process.poll() is None for member in members):
                for member in members:
                    if member.is_stuck():
                        member.process.kill()
                time.sleep(0.1)
            return [member.answer() for member in members]
        finally:
            for member in members:
                member.end()


def _start(command: Sequence[str]) -> Member:
    path, complaints = Slate.make(), tempfile.TemporaryFile("w+")  # noqa: SIM115 (until the end)
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.fuzz.worker", "--slate", path, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
    )
    return Member(process, path, complaints)
