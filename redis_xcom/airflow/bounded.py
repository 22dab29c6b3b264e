"""Work that must not hold a task up, whatever a server does."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable


def within_seconds(seconds: float, work: Callable[[], None]) -> bool:
    """Do it in a thread of its own; False, at once, where it is not done by then and goes on."""
    context = contextvars.copy_context()
    worker = threading.Thread(target=context.run, args=(work,), daemon=True)
    worker.start()
    worker.join(seconds)
    return not worker.is_alive()
