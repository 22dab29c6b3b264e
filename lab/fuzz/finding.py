"""An input that did what no input may, kept so that it can be tried again."""

from __future__ import annotations

import ast
import hashlib
import json
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "fuzz"
OURS = ("redis_xcom", "operators", "lab")


@dataclass(frozen=True)
class Finding:
    """One fault, by the shortest input known to show it."""

    target: str
    data: str  # a literal of bytes
    error: str
    place: str  # where: the same place is the same fault

    @classmethod
    def of(cls, target: str, data: bytes, error: BaseException) -> Finding:
        told = f"{type(error).__name__}: {error!s:.500}"
        return cls(target, repr(data), told, f"{type(error).__name__} {_place(error)}")

    def save(self) -> Path:
        """Write it where `read` finds it, under a name that the same input has every time."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(self.data.encode()).hexdigest()[:12]
        path = FOLDER / f"{self.target}-{digest}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        return path


def read(path: Path) -> tuple[str, bytes]:
    """Return the target and the input of a saved finding."""
    saved = json.loads(path.read_text(encoding="utf-8"))
    return saved["target"], ast.literal_eval(saved["data"])


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        f for f in frames if any(f"/{name}/" in f.filename for name in OURS) and f.name != "must"
    ]
    last = ours[-1] if ours else None
    return f"{Path(last.filename).name}:{last.lineno}" if last else "?"
