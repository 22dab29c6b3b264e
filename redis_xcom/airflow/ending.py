"""How the work of a task ends when Airflow ends it: in the middle, and everything is put back."""

from __future__ import annotations

import sys


class TaskEnded(BaseException):
    """Airflow ends this task: its work unwinds, and whatever it holds goes back to its queue.

    It is no `Exception`, so that work which forgives errors does not forgive this one, and
    nothing counts as an item's failure. Airflow tries the task again if it has tries left. Work
    that catches it all the same is killed by Airflow a few seconds later.
    """


def end_work() -> None:
    """Raise `TaskEnded` in the main thread's work; nothing is sent from a signal handler."""
    from redis_xcom.airflow.compat import is_timeout

    # A task that ran out of time unwinds already; what it holds stays for its retry.
    if not is_timeout(sys.exc_info()[1]):
        raise TaskEnded("Airflow has ended this task")
