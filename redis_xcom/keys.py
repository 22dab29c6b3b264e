"""Names: what a queue may be called, and where its parts lie in Redis."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redis_xcom.errors import BadName
from redis_xcom.wording import shown

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

TYPES = {
    "state": "hash",
    "ready": "list",
    "claims": "hash",
    "claimed": "hash",
    "leases": "zset",
    "delayed": "zset",
    "dead": "hash",
    "died": "zset",
    "recent": "hash",
    "pushes": "zset",
    "turns": "hash",
    "waiting": "zset",
}
"""The parts of a queue in the order that the scripts expect, and the type of each."""


def check_name(name: object, what: str) -> str:
    """Return the name, or raise `BadName`: braces, blanks or wildcards would touch other keys."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadName(
            f"{what} {shown(name)} is not usable: 1 to 128 characters of A-Z a-z 0-9 . _ -, "
            "beginning with a letter or a digit"
        )
    return name


@dataclass(frozen=True)
class Keys:
    """The keys of one queue: `prefix:{name}:part`, or `prefix:{tag}:name:part` with a tag.

    All of them share the hash tag, so they lie in one slot of a Cluster.
    """

    name: str
    prefix: str = "xcom"
    tag: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "queue name")
        check_name(self.prefix, "prefix")
        if self.tag is not None:
            check_name(self.tag, "tag")

    @property
    def slot(self) -> str:
        return self.tag or self.name

    @property
    def base(self) -> str:
        own = f"{self.name}:" if self.tag else ""
        return f"{self.prefix}:{{{self.slot}}}:{own}"

    def part(self, part: str) -> str:
        return self.base + part

    def all(self) -> tuple[str, ...]:
        """Every key, in the order that the scripts expect."""
        return tuple(self.base + part for part in TYPES)
