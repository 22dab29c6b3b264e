"""One search of the model by spin's verifier: what it was asked, what it found."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODEL = Path(__file__).parent / "model" / "queue.pml"
COMPILERS = ("gcc", "cc", "clang")
MOST_MEGABYTES = 2_800
LONGEST = 1800
TRAIL = "counterexample"
PROPERTIES = {
    name: int(number)
    for name, number in re.findall(
        r"#define ([A-Z_]+) (\d+)", (MODEL.parent / "properties.pml").read_text(encoding="utf-8")
    )
    if name != "PROPERTIES"
}
ENDS = "EVERY_ITEM_ENDS"
"""The one property that is not of a state: it needs fairness."""

# Exhaustive in each case: no hashing of states away, no bound that goes unnoticed.
SAFE = (("-O2", "-DSAFETY", "-DNOREDUCE"), ("-E", "-m500000", "-w24"))
LIVELY = (("-O1", "-DNOREDUCE", "-DNFAIR=3"), ("-a", "-f", "-m500000"))
SHORTEST = (("-O0", "-DSAFETY", "-DNOREDUCE", "-DBFS"), ("-E",))


Switches = Mapping[str, "int | None"]
"""Of the model, by name; None for those that are merely set."""


def as_options(switches: Switches) -> list[str]:
    return [f"-D{key}" if value is None else f"-D{key}={value}" for key, value in switches.items()]


class MissingTool(Exception):
    """What a search needs is not installed; the message says how to get it."""


def tools() -> tuple[str, str]:
    """Return spin and a C compiler, or raise `MissingTool`."""
    spin = shutil.which("spin")
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if not spin or not compiler:
        raise MissingTool(
            "The model needs spin and a C compiler: apt-get install spin gcc libc6-dev"
        )
    return spin, compiler


@dataclass(frozen=True)
class Search:
    """What is searched, and for what.

    :param properties: which are checked; none for all those of states.
    :param shortest: look for the shortest way to break one.
    """

    name: str
    switches: Switches
    properties: tuple[str, ...] = ()
    shortest: bool = False

    @property
    def lively(self) -> bool:
        return ENDS in self.properties

    @property
    def options(self) -> list[str]:
        """Switches for spin's preprocessor."""
        every = dict(self.switches)
        if self.lively:
            every["LIVELY"] = None
        elif self.properties:
            every["PROPERTIES"] = sum(PROPERTIES[name] for name in self.properties)
        if self.shortest:
            every |= {"TRACE": None, "SHORTEST": None}
        return as_options(every)

    def run(self, *, quick: bool = False) -> Found:
        """Search; `quick` spares the compiler what only a long search repays."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="xcom-model-") as folder:
            words, told = self._run_in(Path(folder), ["-O0"] if quick else [])
        return Found(self, time.monotonic() - began, words, told)

    def _run_in(self, folder: Path, last: list[str]) -> tuple[str, list[str]]:
        spin, compiler = tools()
        how = SHORTEST if self.shortest else LIVELY if self.lively else SAFE
        _run([spin, "-a", *self.options, str(MODEL)], folder)
        memory = f"-DMEMLIM={MOST_MEGABYTES}"
        _run([compiler, "-w", *how[0], *last, memory, "-o", "pan", "pan.c"], folder)
        words = _run(["./pan", *how[1]], folder)
        trails = list(folder.glob("*.trail"))
        if not (trails and self.shortest):
            return words, []
        return words, simulate(spin, ["-k", trails[0].name, *self.options], folder)


def simulate(spin: str, options: list[str], folder: Path) -> list[str]:
    """Return what the model says on its way, see trace.pml."""
    words = _run([spin, "-T", *options, str(MODEL)], folder)
    return [line[2:] for line in words.splitlines() if line.startswith("| ")]


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        timeout=LONGEST,
    )
    if done.returncode and command[0] != "./pan":
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout[-4000:]}")
    return done.stdout


@dataclass(frozen=True)
class Found:
    """What a search came to.

    :param words: of the verifier.
    :param told: the way to the violation, line by line.
    """

    search: Search
    seconds: float
    words: str = field(repr=False)
    told: list[str] = field(default_factory=list, repr=False)

    @property
    def complete(self) -> bool:
        """Every state was seen, and none broke a property."""
        wrong = ("Search not completed", "search depth too small", "out of memory", "truncated")
        return "errors: 0" in self.words and not any(word in self.words for word in wrong)

    @property
    def broken(self) -> str:
        """The property that does not hold, empty when none was seen to break."""
        if "acceptance cycle" in self.words:
            return ENDS
        told = re.search(r"assertion violated.*?\(\(\d+&(\d+)\)\)", self.words)
        numbers = {number: name for name, number in PROPERTIES.items()}
        return numbers[int(told[1])] if told else ""

    @property
    def states(self) -> int:
        return self._number(r"([\d.e+]+) states, stored")

    @property
    def depth(self) -> int:
        return self._number(r"depth reached (\d+)")

    @property
    def unreached(self) -> list[str]:
        """Statements that no state came to, other than the ends of endless processes."""
        lines = re.findall(r"^\t(?:.*/)?(\w+\.pml:\d+, state \d+, .*)$", self.words, re.MULTILINE)
        return [line for line in lines if '"-end-"' not in line]

    def _number(self, pattern: str) -> int:
        told = re.search(pattern, self.words)
        return round(float(told[1])) if told else 0
