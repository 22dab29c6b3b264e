"""An Airflow with one backend, which stands still while others have their turn."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType

import psutil

from bench.xcom.backends import Backend
from bench.xcom.case import Case
from bench.xcom.measure import DAGS, Bench
from bench.xcom.measured import Measured
from lab.airflow import LocalAirflow


class Deployment:
    """A context manager: the Airflow starts, and is frozen but for the turns it is given."""

    def __init__(self, backend: Backend) -> None:
        self.name = backend.name
        self._airflow = LocalAirflow(dags=DAGS, environment=backend.environment, parallelism=1)
        self._bench = Bench(self._airflow, backend)

    def __enter__(self) -> Deployment:
        with ExitStack() as started:
            started.enter_context(self._airflow)
            self._bench.warm_up()
            started.pop_all()
        self._each(psutil.Process.suspend)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._each(psutil.Process.resume)
        self._airflow.stop()

    def measure(self, case: Case) -> Measured:
        """Have a turn; see `Bench.measure`."""
        self._each(psutil.Process.resume)
        try:
            return self._bench.measure(case)
        finally:
            self._each(psutil.Process.suspend)

    def _each(self, do: Callable[[psutil.Process], None]) -> None:
        for process in (psutil.Process(self._airflow.pid), *self._airflow.processes()):
            with suppress(psutil.NoSuchProcess):
                do(process)
