"""Values pushed by one task and pulled by the next; how long each call takes goes to a file."""

from __future__ import annotations

import json
import resource
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import dag, task

TASKS = [0, 1]
ROW_BYTES = 180
FRAME_ROW_BYTES = 128


def rows(size: int) -> list[dict]:
    return [
        {
            "order": number,
            "customer": f"customer-{number * 7919 % 100_003}",
            "at": f"2026-11-20T{number % 24:02}:{number % 60:02}:00+00:00",
            "total": number * 1.25,
            "paid": number % 3 == 0,
            "note": None,
            "lines": [{"sku": f"A-{number % 977}", "qty": 2}, {"sku": "B-2", "price": 10.5}],
        }
        for number in range(size // ROW_BYTES)
    ]


def text(size: int) -> str:
    return json.dumps(rows(size + 1000))[:size]


def frame(size: int) -> Any:
    """Airflow makes Parquet of it, in hexadecimal."""
    import numpy as np
    import pandas as pd

    numbers = np.random.default_rng(2026).random((size // FRAME_ROW_BYTES, 8))
    return pd.DataFrame(numbers, columns=[f"x{index}" for index in range(8)])


MAKERS = {"rows": rows, "text": text, "frame": frame}
ITEM_BYTES = {"rows": ROW_BYTES, "text": 1, "frame": FRAME_ROW_BYTES}


class Notes:
    """What a task says of each of its calls, one line each."""

    def __init__(self, conf: dict, what: str) -> None:
        self._path = Path(conf["notes"])
        self._what = what

    def add(self, index: int, seconds: float) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        said = {"what": self._what, "index": index, "seconds": seconds, "peak": peak}
        with self._path.open("a") as notes:
            notes.write(json.dumps(said) + "\n")


# On a busy machine SQLite keeps a task from starting now and then.
@dag(schedule=None, default_args={"retries": 2, "retry_delay": timedelta(seconds=1)})
def pushed_pulled() -> None:
    @task
    def push(number: int, *, ti: Any = None, dag_run: Any = None) -> None:  # noqa: ARG001
        conf = dag_run.conf
        notes = Notes(conf, "push")
        value = MAKERS[conf["kind"]](conf["bytes"])
        for index in range(conf["count"]):
            began = time.perf_counter()
            ti.xcom_push(f"value-{index}", value)
            notes.add(index, time.perf_counter() - began)

    @task
    def pull(number: int, *, ti: Any = None, dag_run: Any = None) -> None:
        conf = dag_run.conf
        notes = Notes(conf, "pull")
        for index in range(conf["count"]):
            began = time.perf_counter()
            value = ti.xcom_pull(task_ids="push", key=f"value-{index}", map_indexes=number)
            notes.add(index, time.perf_counter() - began)
            if len(value) != conf["bytes"] // ITEM_BYTES[conf["kind"]]:
                raise ValueError("another value came back")
            del value

    push.expand(number=TASKS) >> pull.expand(number=TASKS)


pushed_pulled()
