"""A rule, the source without it, and the tests that must notice."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import redis_xcom

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RULES = Path(__file__).with_name("mutants.toml")
PACKAGE = Path(redis_xcom.__file__).parent
OPERATORS = RULES.parents[2] / "operators"
"""In a checkout they stand beside the package that they are a part of."""


@dataclass(frozen=True)
class Mutant:
    """The package without one rule.

    :param file: below redis_xcom/; `old` stands in it once and is replaced by `new`.
    :param caught_by: tests, named below tests/, that fail without the rule.
    """

    rule: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]

    def fits(self) -> bool:
        whole = OPERATORS.parent if self.file.startswith("operators/") else PACKAGE
        return (whole / self.file).read_text(encoding="utf-8").count(self.old) == 1

    def plant(self, folder: Path) -> None:
        """Copy the package into a folder, with the rule taken out."""
        shutil.copytree(PACKAGE, folder / "redis_xcom")
        shutil.copytree(OPERATORS, folder / "redis_xcom" / "operators", dirs_exist_ok=True)
        path = folder / "redis_xcom" / self.file
        source = path.read_text(encoding="utf-8")
        path.write_text(source.replace(self.old, self.new), encoding="utf-8")


def all_mutants() -> dict[str, Mutant]:
    """Return every mutant by its rule."""
    told = tomllib.loads(RULES.read_text(encoding="utf-8"))["mutant"]
    return {one["rule"]: Mutant(**one | {"caught_by": tuple(one["caught_by"])}) for one in told}
