"""Lua sources: a script and the parts that its `include` line names, as one text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files

INCLUDE = re.compile(r"^-- include: (.*)$", re.MULTILINE)


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
    own = source(f"{name}.lua")
    includes = INCLUDE.search(own)
    parts = includes.group(1).split() if includes else []
    text = "\n".join([*(source(f"lib/{part}.lua") for part in parts), own])
    # Servers address scripts by SHA-1; nothing is secured by it.
    return Script(name, text, sha1(text.encode(), usedforsecurity=False).hexdigest())
