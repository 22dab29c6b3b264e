"""Lua sources: a script, with the parts that its `include` lines name in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files

INCLUDE = re.compile(r"^ *-- include: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Script:
    """A script's full text and the SHA by which a server knows it."""

    name: str
    text: str
    sha: str


def source(path: str) -> str:
    whole = files("redis_xcom") / "lua"
    for step in path.split("/"):
        whole = whole / step
    return whole.read_text(encoding="utf-8")


@cache
def load(name: str) -> Script:
    """Return a script by its file name without `.lua`."""
    text = INCLUDE.sub(_parts, source(f"{name}.lua"))
    # Servers address scripts by SHA-1; nothing is secured by it.
    return Script(name, text, sha1(text.encode(), usedforsecurity=False).hexdigest())


def _parts(include: re.Match[str]) -> str:
    return "\n".join(source(f"lib/{part}.lua") for part in include.group(1).split())
