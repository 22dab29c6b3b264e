"""The section of docs/xcom.md that compares the backends, made of what was recorded."""

from __future__ import annotations

from pathlib import Path

from lab.conformance.known import KNOWN
from lab.conformance.observing import Seen
from lab.conformance.record import Record

PAGE = Path(__file__).parents[2] / "docs" / "xcom.md"
HEADING = "## Beside Airflow's own backends"
FEATURES = {
    "values": "values of every kind, pushed and pulled",
    "keys": "keys of every kind",
    "returned": "return values, `multiple_outputs`",
    "templates": "templates and arguments, as text and native",
    "pulling": "`xcom_pull`: tasks, map indexes, keys, DAGs, defaults",
    "pulling, async": "`axcom_pull`, `axcom_push`",
    "pulling, a sequence": "the outputs of a mapped task as a sequence",
    "pulling, by the class": "`XCom.get_one`, `get_all`, `set`, `delete`",
    "mapping": "`expand`, `expand_kwargs`, `map`, `zip`, `concat`, mapped groups",
    "deferral": "deferral",
    "retries": "retries",
    "groups": "task groups, setup and teardown, branches",
    "dates": "other runs, `include_prior_dates`",
    "changed": "clear; what is made, changed, deleted over the API; an object that is gone",
    "api": "what UI and API show",
    "states": "how each of these tasks ended",
    "examples": "Airflow's example DAGs: how each task ended, what it pushed",
}
LEGEND = """Every case ran on a real Airflow {airflow} with each of the backends, which offloaded \
every value, however small (`make conformance`). The numbers are of cases that showed something \
else than Airflow's own `BaseXCom`."""
TOLD = "These are the cases; a dash where it is as with `BaseXCom`:"
SQLITE = """What `BaseXCom` changes or refuses is lost on the way from the task to the database, \
SQLite here: `RedisXCom` is the same for values that stay there."""


def section(record: Record) -> str:
    """Answer the section's text, without its heading."""
    parts = LEGEND.format(airflow=record.airflow), _counts(record), TOLD, _cases(record), SQLITE
    return "\n\n".join(parts) + "\n"


def page_section() -> str:
    """Answer what stands in the page now."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"{HEADING}\n\n")
    return rest.partition("\n## ")[0]


def write(record: Record) -> None:
    """Put the section into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, after = page.partition(f"{HEADING}\n")
    _, heading, rest = after.partition("\n## ")
    PAGE.write_text(f"{before}{HEADING}\n\n{section(record)}{heading}{rest}", encoding="utf-8")


def _counts(record: Record) -> str:
    head = ["", "cases", *(f"`{name.replace(',', '`,')}" for name in record.otherwise)]
    rows = [
        [title, _size(record.default, feature), *(_size(cases, feature) for cases in _all(record))]
        for feature, title in FEATURES.items()
    ]
    return _table([head, *rows])


def _cases(record: Record) -> str:
    """One row a case: our two stores show the same, which the tests see to."""
    theirs, ours, *_ = _all(record)
    rows = [
        [_named(case), *map(_code, (record.default[case], theirs.get(case), ours.get(case)))]
        for case in sorted(theirs.keys() | ours.keys(), key=_place)
    ]
    reasons = [KNOWN.get(case, "") for case in sorted(theirs.keys() | ours.keys(), key=_place)]
    head = ["", "`BaseXCom`", "`XComObjectStorageBackend`", "`RedisXCom`", ""]
    return _table([head, *([*row, reason] for row, reason in zip(rows, reasons, strict=True))])


def _all(record: Record) -> list[Seen]:
    return list(record.otherwise.values())


def _size(seen: Seen, feature: str) -> str:
    return str(sum(case.startswith(f"{feature}/") for case in seen) or "–")


def _place(case: str) -> tuple[int, str]:
    return list(FEATURES).index(case.partition("/")[0]), case


def _named(case: str) -> str:
    feature, _, name = case.partition("/")
    return {"changed": "XCom, {}", "api": "API, {}"}.get(feature, "{}").format(name)


def _code(saw: str | None) -> str:
    return "–" if saw is None else f"`{saw.replace('|', chr(92) + '|')}`"


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [f"| {' | '.join(line)} |".replace("|  |", "| |") for line in (head, *body)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])
