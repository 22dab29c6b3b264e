"""docs/reliability.md: made of the figures that each storm leaves in docs/reliability/."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "reliability"
PAGE = DOCS / "reliability.md"
HEAD = """# Reliability

Figures of the last long runs. Each section is written by the command it names, and any other seed
is as good. What the promises are stands in [guarantees.md](guarantees.md), how the protocol works
in [protocol.md](protocol.md). A violation ends a run with a non-zero code, and stands here.
"""
ORDER = (
    "storm", "airflow", "burst", "race", "power-loss", "failover", "slot-migration", "protocol",
    "mutants", "fuzz",
)  # fmt: skip
RUN = ("date", "seed", "seconds", "summary", "violations")
MOST_RUNS = 8

Row = Sequence[object]


def _versions() -> dict[str, str]:
    return {"Python": platform.python_version(), "redis-py": version("redis")}


@dataclass(frozen=True)
class Figures:
    """What one run found.

    :param table: the first row is the head.
    :param notes: what it proves, and what it does not.
    :param summary: its size in a few words, for the list of all runs.
    """

    title: str
    command: str
    seed: int
    server: str
    seconds: float
    table: Sequence[Row]
    violations: int
    notes: Sequence[str] = ()
    summary: str = ""
    versions: dict[str, str] = field(default_factory=_versions)
    date: str = field(default_factory=lambda: datetime.now(timezone.utc).date().isoformat())

    def save(self, name: str) -> None:
        """Keep them under a name of their own beside earlier runs, and write the page anew."""
        FOLDER.mkdir(exist_ok=True)
        file = FOLDER / f"{name}.json"
        kept = asdict(self)
        earlier = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        this = {field_: kept[field_] for field_ in RUN}
        kept["runs"] = [
            *(run for run in earlier.get("runs", []) if run["seed"] != self.seed),
            this,
        ][-MOST_RUNS:]
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
        write_page()

    def told(self) -> str:
        """For a terminal."""
        widths = [max(len(_cell(row[i])) for row in self.table) for i in range(len(self.table[0]))]
        lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in self.table]
        head = f"{self.title} · {self.server} · seed {self.seed} · {self.seconds:.0f} s"
        return "\n".join([head, *lines, f"{self.violations} violations"])


def write_page() -> None:
    runs = [(file.stem, json.loads(file.read_text(encoding="utf-8"))) for file in _files()]
    PAGE.write_text("\n".join([HEAD, *(_section(run) for _, run in runs)]), encoding="utf-8")


def _files() -> list[Path]:
    def place(file: Path) -> tuple[int, str]:
        known = [i for i, name in enumerate(ORDER) if file.stem.startswith(name)]
        return (known[0] if known else len(ORDER)), file.stem

    return sorted(FOLDER.glob("*.json"), key=place)


def _section(run: dict[str, Any]) -> str:
    used = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    head, *rows = run["table"]
    table = [_line(head), "|---" * len(head) + "|", *map(_line, rows)]
    facts = [run["server"], used, f"seed {run['seed']}", f"{run['seconds']:.0f} s", run["date"]]
    told = " · ".join(fact for fact in facts if fact)
    title = ", ".join(part for part in (run["title"], run["server"]) if part)
    summary = f"`{run['command']}` · {told} · **{run['violations']} violations**"
    notes = [f"{note}\n" for note in run["notes"]]
    notes += _other_seeds(run)
    return "\n".join([f"## {title}", "", summary, "", *table, "", *notes])


def _other_seeds(run: dict[str, Any]) -> list[str]:
    others = [one for one in run.get("runs", []) if one["seed"] != run["seed"]]
    told = [
        f"seed {one['seed']}: {one['summary']}, **{one['violations']} violations**"
        for one in others
    ]
    return [f"Other seeds: {'; '.join(told)}.\n"] if told else []


def _line(row: Row) -> str:
    return "| " + " | ".join(_cell(value) for value in row) + " |"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _padded(value: object, width: int) -> str:
    return (
        _cell(value).rjust(width) if isinstance(value, (int, float)) else _cell(value).ljust(width)
    )
