"""One figure and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A measure with its unit; `goal` is the least, or with `at_most` the most, that will do."""

    measure: str
    value: float
    goal: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def shown(self) -> str:
        return f"{self.value:,.0f}" if self.value >= 10 else f"{self.value:.2f}"

    def aim(self) -> str:
        return "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {self.goal:g}"

    def as_json(self) -> dict[str, Any]:
        value = round(self.value, 3)
        return {"measure": self.measure, "value": value, "goal": self.goal, "met": self.met}
