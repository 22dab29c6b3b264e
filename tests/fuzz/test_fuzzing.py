"""A slice of the long run, and that the fuzzer finds what is there to be found."""

from __future__ import annotations

import importlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.fuzz import finding
from lab.fuzz.blocks import Blocks
from lab.fuzz.finding import Finding, read
from lab.fuzz.fuzzer import attempt
from lab.fuzz.target import Target
from lab.fuzz.team import Member
from lab.fuzz.watch import Slate
from lab.fuzz.worker import TARGETS

ROOT = Path(__file__).parents[2]
SEED = 20261120


def run(*arguments):
    command = [sys.executable, "-m", "lab.fuzz", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def figures_of(target, told):
    (row,) = re.findall(rf"^{target} (.*)$", told, re.MULTILINE)
    return [int(figure.replace(",", "")) for figure in row.split()][:3]


def test_thousands_of_inputs_of_each_kind_find_no_fault(request):
    server = request.config.getoption("--server")
    told = run("--inputs", "12000", "--seed", str(SEED), "--server", server)
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"seed {SEED}" in told.stdout
    for name in TARGETS:
        inputs, _refused, ways = figures_of(name, told.stdout)
        assert inputs > 200, name
        assert ways > 10, name
    reached, blocks = map(int, re.search(r"(\d+) of (\d+) blocks", told.stdout).groups())
    assert blocks > reached > 250


class Faulty(Target):
    name = "faulty"
    share = 1
    seeds = (b"some text to begin with",)
    tokens = (b"zebra",)

    def check(self, data):
        if b"zebra" in data:
            raise KeyError(len(data))
        return ""


def test_a_fault_is_found_once_and_by_its_shortest_input(feed):
    (fault,) = feed(Faulty(), 2_000)
    assert fault.data == repr(b"zebra")
    assert fault.error == "KeyError: 5"


def test_a_fault_is_saved_and_can_be_tried_again(feed, tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "FOLDER", tmp_path)
    (fault,) = feed(Faulty(), 2_000)
    name, data = read(fault.save())
    assert (name, data) == ("faulty", b"zebra")
    again, _ = attempt(Faulty(), data)
    assert again == fault


def test_no_timer_goes_on_when_an_input_is_done():
    """It would end whatever process runs a second later."""
    attempt(Faulty(), b"zebra")
    attempt(Faulty(), b"horse")
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


class Endless(Target):
    name = "endless"
    share = 1
    seeds = (b"x",)

    def check(self, data):
        end = time.process_time() + 30
        while data == b"x" and time.process_time() < end:
            pass
        return ""


def test_an_input_that_takes_a_second_is_a_fault(feed):
    (fault,) = feed(Endless(), 1)
    assert fault.error.startswith("Hang: ")


@pytest.mark.parametrize("end", ["os.abort()", "os._exit(0)", "raise SystemExit(3)"])
def test_a_process_that_dies_names_the_input_it_died_of(end, tmp_path):
    path = Slate.make()
    dying = (
        f"import os; from lab.fuzz.watch import Slate; Slate({path!r}).write('payloads', b'[[');"
    )
    with (tmp_path / "words").open("w+") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-c", f"{dying}{end}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        member = Member(process, path, complaints)
        try:
            told = member.answer()
        finally:
            member.end()
    fault = Finding(**told["died"])
    assert (fault.target, fault.data) == ("payloads", repr(b"[["))


SAFE = """
def open_with(data):
    if data[:1] == b"F":
        if data[1:2] == b"U":
            if data[2:3] == b"Z":
                if data[3:4] == b"Z":
                    raise RuntimeError("open")
"""


def test_its_way_is_lit_by_the_blocks_it_has_reached(feed, tmp_path, monkeypatch):
    """Four bytes in a row are one chance in four thousand millions for whoever is blind."""
    (tmp_path / "safe_for_fuzzing.py").write_text(SAFE)
    monkeypatch.syspath_prepend(tmp_path)
    blocks = Blocks()
    blocks.install("safe_for_fuzzing")
    try:
        safe = importlib.import_module("safe_for_fuzzing")
    finally:
        sys.meta_path.pop(0)
        sys.modules.pop("safe_for_fuzzing", None)

    class Safe(Target):
        name = "safe"
        share = 1
        seeds = (b"----",)

        def check(self, data):
            safe.open_with(data)
            return ""

    (fault,) = feed(Safe(), 60_000, blocks=blocks)
    assert fault.data == repr(b"FUZZ")
    assert feed(Safe(), 3_000) == []
