"""All backends side by side: in each case they take turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from bench.xcom.backends import Backend
from bench.xcom.case import Case
from bench.xcom.deployment import Deployment
from bench.xcom.measure import NotDone
from bench.xcom.measured import Measured


def go_round(
    backends: Sequence[Backend], cases: Iterable[Case], *, told: Callable[[str], None]
) -> list[Measured]:
    """Start an Airflow for each backend, and let one at a time work; the others stand still.

    One that is not done with a case is out of it from then on: it may be busy with it still.
    """
    found: list[Measured] = []
    began = time.monotonic()
    with ExitStack() as running:
        able = [running.enter_context(Deployment(backend)) for backend in backends]
        told(f"{time.monotonic() - began:5.0f} s  {len(able)} Airflows stand still")
        for case in cases:
            for deployment in tuple(able):
                try:
                    found.append(deployment.measure(case))
                    said = f"{found[-1].ms:,.1f} ms"
                except NotDone as error:
                    able.remove(deployment)
                    said = f"not done: {error}"
                told(f"{time.monotonic() - began:5.0f} s  {case.name}, {deployment.name}: {said}")
    return found
