"""What an experiment came to: printed, and kept as JSON for the report."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lab.servers import server_name

REPORTS = Path(__file__).parents[2] / "docs" / "reliability"


@dataclass
class Figures:
    """One table, and every sentence that says what must not have happened.

    :param name: of the experiment, as it is asked for.
    :param binary: which server it ran on.
    """

    name: str
    title: str
    binary: str
    seed: int
    head: tuple[str, ...]
    notes: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def show(self) -> str:
        table = [self.head, *self.rows]
        widths = [max(len(str(row[n])) for row in table) for n in range(len(self.head))]
        lines = ["  ".join(map(str.ljust, map(str, row), widths)).rstrip() for row in table]
        ending = f"{self.seconds:.0f} s, seed {self.seed}, {len(self.violations)} violations"
        return "\n".join([f"{self.title}: {self.binary}", *lines, ending, *self.violations])

    def write(self, folder: Path = REPORTS) -> Path:
        server = server_name(self.binary)
        path = folder / f"{self.name}-{server.replace(' ', '-')}.json"
        told = {
            "title": self.title,
            "command": f"make chaos-below PARTS={self.name} SEED={self.seed} SERVER={self.binary}",
            "seed": self.seed,
            "server": server,
            "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
            "seconds": round(self.seconds, 1),
            "versions": {"python": platform.python_version(), "redis-py": version("redis")},
            "table": [self.head, *self.rows],
            "notes": [" ".join(note.split()) for note in self.notes],
            "violations": len(self.violations),
        }
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path
