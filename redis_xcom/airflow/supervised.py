"""Whether this task still has its supervisor.

A task whose supervisor was killed runs on, unseen by Airflow, while its retry runs already. To the
system it is an orphan: its parent is another one than at its beginning.
"""

from __future__ import annotations

import os


class _Birth:
    parent: int

    def note(self) -> None:
        self.parent = os.getppid()


_birth = _Birth()
_birth.note()
# A supervisor that has loaded this forks its task: to the child another parent is the right one.
os.register_at_fork(after_in_child=_birth.note)


def alive() -> bool:
    """False once the process that started this one has gone; asked before each renewal."""
    return os.getppid() == _birth.parent
