"""A task that ends where it stands when Airflow ends it."""

from __future__ import annotations

from redis_xcom.airflow.ending import end_work


class EndsAtOnce:
    """Base of the operators whose task others may go on for as soon as Airflow has ended it."""

    _ended = False

    def on_kill(self) -> None:
        """End the work where it stands, by raising `TaskEnded` there; what it holds goes back."""
        if not self._ended:  # a second signal must not cut short what the first one set going
            self._ended = True
            end_work()
