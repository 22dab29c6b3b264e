"""A disk that loses at a power cut what was not synced: known by a shim in the server's process."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

SHIM = Path(__file__).with_name("synced.c")
COMPILER = "cc"


@dataclass
class Disk:
    """What lies below one server's append-only files.

    :param workshop: an empty folder for the shim and its notes.
    """

    workshop: Path

    def environment(self) -> dict[str, str]:
        """Compile the shim and return the environment of a server whose syncs it notes."""
        shim = self.workshop / "synced.so"
        flags = ["-shared", "-fPIC", "-O2", "-Wall", "-Werror"]
        subprocess.run([COMPILER, *flags, "-o", shim, SHIM, "-ldl"], check=True)
        return os.environ | {"LD_PRELOAD": str(shim), "SYNCED_NOTES": str(self._notes)}

    def lose(self, folder: Path, dice: random.Random, *, torn: bool = False) -> int:
        """Cut each append-only file of a dead server as a power cut may; return the bytes lost.

        :param torn: some of what was not synced is there all the same, and the file most likely
            ends in the middle of a command; else all of it is gone.
        """
        synced, lost = self._synced(), 0
        for path in folder.glob("**/*.incr.aof"):
            found = path.stat()
            safe = min(synced.get(found.st_ino, 0), found.st_size)
            kept = dice.randint(safe, found.st_size) if torn else safe
            os.truncate(path, kept)
            lost += found.st_size - kept
        return lost

    @property
    def _notes(self) -> Path:
        return self.workshop / "synced"

    def _synced(self) -> dict[int, int]:
        """The last note of each file, by its inode."""
        lines = self._notes.read_text(encoding="ascii").splitlines()
        return {int(inode): int(size) for inode, size in map(str.split, lines)}
