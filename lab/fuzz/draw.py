"""Values out of bytes: whoever mutates the bytes mutates the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

DEEPEST = 5
EDGES = (0, 1, -1, 10, 255, 4096, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64)
FLOATS = (0.0, -0.0, 0.1, 1e308, -1e-320, 1e16, float("nan"), float("inf"), float("-inf"))
SPICE = (
    "", "a", "orders", '"', "\\", "/", "\x00", "\x1f", "\x7f", "\n", " ", "%", "{", "}", "*", ":",
    ",", "é", "机器", "🦄", "\u2028", "\ufeff", "\ud800", "\udcff", "\udfff", "a\u0301", "xcom",
    "null",    '","owner":',
    '","deliveries":9', "%1", "[", "]", "-", ".", "_", "~", "'", "\r", "\t", "x" * 127,
)  # fmt: skip


class Draw:
    """Reads an input from its front to its end; after it there are only zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_spent(self) -> bool:
        return self._at >= len(self._data)

    def byte(self) -> int:
        self._at += 1
        return 0 if self._at > len(self._data) else self._data[self._at - 1]

    def choice(self, choices: Sequence[T]) -> T:
        return choices[self.byte() % len(choices)]

    def coin(self) -> bool:
        return self.byte() % 2 == 1

    def number(self) -> int:
        """A whole number: of one byte, at an edge, of eight bytes, or too long to be printed."""
        kind = self.byte() % 16
        if kind < 8:
            return self.byte() - 16 * (kind == 0)
        if kind < 12:
            return self.choice(EDGES)
        if kind < 15:
            return int.from_bytes(bytes(self.byte() for _ in range(8)), "big", signed=True)
        return 10 ** self.choice((30, 300, 4_999, 20 * self.byte()))

    def float(self) -> float:
        return self.choice(FLOATS) if self.coin() else self.number() % 2**53 / 7

    def text(self) -> str:
        """Some pieces: what is often trouble, or any characters."""
        pieces = []
        for _ in range(self.byte() % 5):
            if self.byte() % 3:
                pieces.append(self.choice(SPICE))
            else:
                pieces.append(self.some_bytes().decode("utf-8", "surrogateescape"))
        return "".join(pieces) * (200 if self.byte() == 255 else 1)

    def some_bytes(self) -> bytes:
        return bytes(self.byte() for _ in range(self.byte() % 16))

    def rest(self) -> bytes:
        left, self._at = self._data[self._at :], len(self._data)
        return left

    def value(self, leaves: Sequence[Callable[[], Any]] = (), depth: int = 0) -> Any:
        """Any value that JSON knows, or almost; and those that `leaves` make."""
        known = (self.text, self.number, self.float, lambda: None, self.coin, *leaves)
        kind = self.byte() % (len(known) + 4)
        if kind < len(known):
            return known[kind]()
        if depth == DEEPEST or self.is_spent:
            return None
        size = range(self.byte() % 5)
        if kind == len(known):
            return {self.text(): self.value(leaves, depth + 1) for _ in size}
        if kind == len(known) + 1:
            return tuple(self.value(leaves, depth + 1) for _ in size)
        return [self.value(leaves, depth + 1) for _ in size]
