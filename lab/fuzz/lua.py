"""The scripts' own functions, run in this process by Lua 5.1, which is what the servers speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lupa.lua51 import LuaRuntime

from redis_xcom.script import source

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGITS = "local function digits(number) return string.format('%d', number) end"
"""As `lua/lib/clock.lua` defines it; the rest of that part asks for the time."""


def functions(*, parts: Sequence[str], names: Sequence[str], before: str = "") -> tuple[Any, ...]:
    """Return functions of `lua/lib`; they take and return bytes.

    :param before: Lua that stands for what other parts would have defined.
    """
    lines = [before, *(source(f"lib/{part}.lua") for part in parts), f"return {', '.join(names)}"]
    runtime = LuaRuntime(encoding=None, unpack_returned_tuples=True)
    found = runtime.execute("\n".join(lines).encode())
    return found if isinstance(found, tuple) else (found,)
