"""SHA-256 of the bytes of a value, reckoned while something else is done with them."""

from __future__ import annotations

import hashlib
import threading

MANY_BYTES = 1_000_000
"""A thread of its own takes longer to start than fewer take to be reckoned."""


class Digest:
    """Reckoning from its making on, beside whoever has made it: hashing needs no interpreter."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._hex = ""
        self._thread: threading.Thread | None = None
        if len(data) < MANY_BYTES:
            self._reckon()
            return
        self._thread = threading.Thread(target=self._reckon, name="redis-xcom-digest", daemon=True)
        self._thread.start()

    @property
    def hex(self) -> str:
        """The digest in hexadecimal, once it is there."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        return self._hex

    def _reckon(self) -> None:
        self._hex = hashlib.sha256(self._data).hexdigest()
