"""What a drain has done so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts of items; `failed` counts the rejected ones, too."""

    claimed: int = 0
    done: int = 0
    failed: int = 0
    rejected: int = 0
    forwarded: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def fails(self, when: str) -> bool:
        """Whether the task is to fail: `any` for a single failure, `all` for nothing but them."""
        return self.failed > 0 and (when == "any" or (when == "all" and self.done == 0))

    def summary(self) -> dict[str, Any]:
        seconds = self.seconds
        return {
            "claimed": self.claimed,
            "done": self.done,
            "failed": self.failed,
            "rejected": self.rejected,
            "forwarded": self.forwarded,
            "seconds": round(seconds, 3),
            "rate": round(self.done / seconds, 1) if seconds else 0.0,
        }
