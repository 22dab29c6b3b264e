"""Mutants are planted, and the tests that guard their rules are let loose on them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.mutants.mutant import Mutant

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ALIVE = "tests/core/test_push.py::test_items_come_out_in_the_order_they_were_pushed"
"""Any queue passes it that works at all."""


@dataclass(frozen=True)
class Verdict:
    """What the tests said of one mutant: pytest's exit code and words, and its seconds."""

    mutant: Mutant
    code: int
    seconds: float
    words: str

    @property
    def killers(self) -> list[str]:
        """The tests that failed, of those that had to."""
        return [name for name in self.mutant.caught_by if self._says("FAILED", f"tests/{name}")]

    @property
    def complaint(self) -> str:
        """Why it does not count as killed; empty when it does."""
        if not self.mutant.fits():
            return f"{self.mutant.file} does not hold this once: {self.mutant.old}"
        if not self._says("PASSED", ALIVE):
            return "it does not live: what kills it may be anything"
        if self.mutant.file.endswith(".lua") and "ServerError" in self.words:
            return "it is no working script"
        if missed := set(self.mutant.caught_by) - set(self.killers):
            return f"it survives {', '.join(sorted(missed))}"
        return ""

    def _says(self, what: str, test: str) -> bool:
        return (
            re.search(rf"^{what} {re.escape(test)}(?![\w:])", self.words, re.MULTILINE) is not None
        )


def hunt(mutants: Sequence[Mutant], server: str) -> list[Verdict]:
    """Run what must notice each mutant, two at a time; one that does not fit is not run."""
    fitting = [mutant for mutant in mutants if mutant.fits()]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        jobs = [_job(m, Path(folder) / str(n), server) for n, m in enumerate(fitting)]
        told = subprocess.run(
            [sys.executable, str(HERE / "zygote.py")],
            input=json.dumps(jobs),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=os.environ | {"COLUMNS": "1000"},  # else the words of errors are cut off
        )
        words = [Path(job["output"]).read_text(encoding="utf-8") for job in jobs]
    ran = zip(fitting, json.loads(told.stdout), words, strict=True)
    verdicts = {mutant: Verdict(mutant, *end, said) for mutant, end, said in ran}
    return [verdicts.get(mutant, Verdict(mutant, 0, 0.0, "")) for mutant in mutants]


def _job(mutant: Mutant, folder: Path, server: str) -> dict[str, Any]:
    mutant.plant(folder)
    tests = [f"tests/{name}" for name in mutant.caught_by]
    options = ["-q", "-rfEp", "--tb=no", "--no-header", "--timeout=30", "--server", server]
    plugins = ["-p", "no:randomly", "-p", "no:cacheprovider", "-o", f"pythonpath={folder} {ROOT}"]
    return {
        "arguments": [*options, *plugins, ALIVE, *tests],
        "output": str(folder / "output.txt"),
    }
