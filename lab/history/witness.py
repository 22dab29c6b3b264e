"""Turns a process into one whose calls are recorded: the scripts note what they change.

The notes are written by the scripts themselves, so their order is the server's and none is
missing: whoever replays them must arrive at the very keys that the server holds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from redis_xcom import script
from redis_xcom.keys import Keys

WITNESS = Path(__file__).with_name("witness.lua").read_text(encoding="utf-8")
PLAIN = script.source


def install(plain: Callable[[str], str] = PLAIN) -> None:
    """From now on every script that this process loads is witnessed.

    :param plain: reads the file of a path in `lua/`; another one may plant faults.
    """
    script.source = partial(_source, plain)
    script.load.cache_clear()


def remove() -> None:
    script.source = PLAIN
    script.load.cache_clear()


def stream(tag: str) -> str:
    return f"history:{{{tag}}}"


def skew(client: Any, tag: str, ms: int) -> None:
    """Set the clock of a tag's queues so many milliseconds ahead of the server's."""
    client.set(f"{stream(tag)}:skew", ms)


def push_foreign(client: Any, keys: Keys, *values: bytes) -> None:
    """RPUSH as any other program would, with a note of it in the same transaction."""
    words = [b"foreign", keys.part("state").encode(), b"1", b"", b"RPUSH", b"0"]
    words += [b"%d" % (len(values) + 1), keys.part("ready").encode(), *values]
    with client.pipeline(transaction=True) as both:
        both.rpush(keys.part("ready"), *values)
        both.xadd(stream(keys.slot), {"call": b"".join(b"%d:%b" % (len(w), w) for w in words)})
        both.execute()


def _source(plain: Callable[[str], str], path: str) -> str:
    text = plain(path)
    if "/" in path:
        return text
    name = path.removesuffix(".lua")
    return WITNESS.replace("@name", name).replace("-- @text", text)
