"""One fuzzing process: its share of every target's inputs, its tallies as JSON at the end."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, redirect_stdout
from dataclasses import asdict
from random import Random
from typing import TYPE_CHECKING

from lab.fuzz.blocks import Blocks
from lab.fuzz.fuzzer import Fuzzer
from lab.fuzz.watch import Slate, hangs_told

if TYPE_CHECKING:
    from lab.fuzz.target import Target

TARGETS = {
    "payloads": "Payloads",
    "values": "Values",
    "envelopes": "Envelopes",
    "words": "Words",
    "names": "Names",
    "connections": "Connections",
    "urls": "Urls",
    "references": "References",
    "arguments": "Arguments",
    "command_line": "CommandLine",
    "whole_path": "WholePath",
}
"""Each in a module of its name, in `lab.fuzz.targets`."""


def load(name: str) -> type[Target]:
    module = importlib.import_module(f"lab.fuzz.targets.{name}")
    target: type[Target] = getattr(module, TARGETS[name])
    return target


def shares(kinds: Sequence[type[Target]], inputs: int) -> Iterator[tuple[type[Target], int]]:
    """Yield how many of the inputs each target gets: in all not fewer than were asked for."""
    whole = sum(kind.share for kind in kinds)
    for kind in kinds:
        yield kind, -(-inputs * kind.share // whole)


def fuzz(
    names: Sequence[str], inputs: int, seed: str, slate: Slate, server: str
) -> dict[str, object]:
    blocks = Blocks()
    blocks.install("redis_xcom")
    tallies = []
    with hangs_told():
        for kind, share in shares([load(name) for name in names], inputs):
            kind.server = server
            with closing(kind()) as target:
                fuzzer = Fuzzer(target, Random(f"{seed}/{kind.name}"), blocks, slate)
                tallies.append(asdict(fuzzer.run(share)))
    reached = blocks.ever.bit_count()
    return {"tallies": tallies, "blocks": blocks.made, "reached": reached}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--slate", required=True)
    parser.add_argument("--server", required=True)
    asked = parser.parse_args()
    logging.disable()  # a warning for each bad item
    with redirect_stdout(sys.stderr):
        told = fuzz(asked.targets, asked.inputs, asked.seed, Slate(asked.slate), asked.server)
    print(json.dumps(told))
