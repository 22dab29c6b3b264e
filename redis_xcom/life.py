"""Whether this process may go on holding what it has claimed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

OVER = "this process may not go on: it was asked whether it is alive, and is not"


class Life:
    """Asked before each renewal; once it is over it stays so.

    :param alive: tells whether this process still counts; None for as long as it runs.
    """

    def __init__(self, alive: Callable[[], bool] | None = None) -> None:
        self._alive = alive
        self._lock = threading.Lock()
        self.is_over = False

    def goes_on(self) -> bool:
        if self._alive is not None and not self.is_over and not self._alive():
            self._end()
        return not self.is_over

    def _end(self) -> None:
        with self._lock:
            if not self.is_over:
                log.error("Nothing is renewed any more: %s", OVER)
            self.is_over = True
