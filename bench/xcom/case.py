"""What is pushed and pulled: of which kind, how large, how often."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KB, MB = 1_000, 1_000_000
TASKS = 2
"""So many push, and so many pull; each a process of its own."""


@dataclass(frozen=True)
class Case:
    """Values of one kind and size.

    :param bytes: of their JSON, about.
    :param count: so many each task pushes, one after another.
    """

    kind: str
    bytes: int
    count: int

    @property
    def name(self) -> str:
        size, unit = (self.bytes // MB, "MB") if self.bytes >= MB else (self.bytes // KB, "KB")
        return f"{size} {unit} of {self.kind}"

    @property
    def values(self) -> int:
        return TASKS * self.count

    def as_conf(self) -> dict[str, Any]:
        return asdict(self)


NOTHING = Case("rows", KB, 0)
"""What a run costs by itself."""
CASES = (
    Case("rows", KB, 20),
    Case("rows", 100 * KB, 10),
    Case("text", 10 * MB, 3),
    Case("frame", 10 * MB, 3),
    Case("rows", 10 * MB, 3),
    Case("rows", 100 * MB, 2),
)
