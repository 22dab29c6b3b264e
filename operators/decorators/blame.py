"""Whose fault an error is: the items' that were worked on, or nobody's."""

from __future__ import annotations

from redis_xcom.errors import ClaimError


def reason_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def is_failure(error: BaseException) -> bool:
    """Whether the work has failed, which counts; not when it was skipped, ended or lost."""
    from redis_xcom.airflow.compat import is_skip, is_timeout

    if isinstance(error, ClaimError) or is_skip(error):
        return False
    return isinstance(error, Exception) or is_timeout(error)


def ends_the_task(error: Exception) -> bool:
    """Whether an error is meant for the task as a whole, whatever item was in hand."""
    from redis_xcom.airflow.compat import is_final, is_skip

    return isinstance(error, ClaimError) or is_skip(error) or is_final(error)
