"""Large values on their way to a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from redis.connection import PythonRespSerializer

PIECE = 1 << 20
SMALL = 6_000


class InPieces(PythonRespSerializer):
    """Packs a command without a copy of its large arguments, to be sent a megabyte at a time.

    A socket's timeout is for each piece then: a large value may take its time, a server that
    takes nothing is noticed.
    """

    def __init__(self) -> None:
        super().__init__(SMALL, _encoded)

    def pack(self, *args: Any) -> list[Any]:
        chunks: list[bytes] = super().pack(*args)  # type: ignore[no-untyped-call]
        return [piece for chunk in chunks for piece in _pieces(chunk)]


def _pieces(chunk: bytes) -> Iterator[bytes | memoryview]:
    if len(chunk) <= PIECE:
        yield chunk
        return
    view = memoryview(chunk)
    yield from (view[start : start + PIECE] for start in range(0, len(view), PIECE))


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
