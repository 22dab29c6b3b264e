"""What a value is called in a store: readable, never used twice, and known again by its form."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.coordinate import Coordinate

LONGEST_PART = 180
"""Bytes of one part: a file's name takes 255, and a whole key of S3 1,024 with what is above it."""
LONGEST_NAME = 800
"""Bytes of a whole name."""
FEWEST_PARTS = 5
UNFINISHED = ".part"
"""Ends the name of a file that is being written, or that a killed process has left behind."""

LEAF = re.compile(
    r"(?P<moment>[0-9a-f]{12})7[0-9a-f]{3}[89ab][0-9a-f]{15}"
    r"\.(?P<expires>[0-9]{1,11})"
    r"(?P<suffix>\.json(?:\.zst|\.gz)?(?:\.sealed)?(?:\.part)?)"
)
PART = re.compile(r"[A-Za-z0-9_.~%-]+")


@dataclass(frozen=True)
class Named:
    """What a name tells.

    :param expires: from when on nobody wants it, None for never.
    :param suffix: from `.json` on.
    :param written: when the name was made.
    """

    expires: datetime | None
    suffix: str
    written: datetime


def object_name(coordinate: Coordinate, *, expires: datetime | None, suffix: str) -> str:
    """Return a new name: `dag/run/task[/index]/key/id.expiry.json`, at most 800 bytes of ASCII.

    :param suffix: `.json`, then `.zst` or `.gz` where it is compressed, then `.sealed`.
    """
    at = coordinate
    index = [] if at.map_index < 0 else [str(at.map_index)]
    parts = map(_part, (at.dag_id, at.run_id, at.task_id, *index, at.key))
    until = 0 if expires is None else int(expires.timestamp())
    return "/".join((*parts, f"{_new_id()}.{until}{suffix}"))


def read_name(uri: str) -> Named | None:
    """Return what the name at the end of a uri tells; None for one that is not ours."""
    *parts, leaf = uri.split("/")
    told = LEAF.fullmatch(leaf)
    if told is None or not _are_ours(parts):
        return None
    until, moment = int(told["expires"]), int(told["moment"], 16)
    try:
        return Named(_moment(until) if until else None, told["suffix"], _moment(moment / 1000))
    except (ValueError, OverflowError, OSError):  # no moment of this calendar
        return None


def _are_ours(parts: list[str]) -> bool:
    own = parts[1 - FEWEST_PARTS :]
    return (
        len(own) == FEWEST_PARTS - 1
        and all(PART.fullmatch(part) for part in own)
        and not {".", ".."} & set(parts)
    )


def _part(text: str) -> str:
    """Quoted, and of what is too long the beginning and a digest of the whole."""
    quoted = quote(text, safe="", errors="surrogatepass") or "%"
    if not quoted.strip("."):
        quoted = quoted.replace(".", "%2E")
    if len(quoted) <= LONGEST_PART:
        return quoted
    digest = hashlib.sha256(quoted.encode()).hexdigest()[:16]
    return f"{quoted[: LONGEST_PART - 17]}~{digest}"


def _new_id() -> str:
    """A UUID of version 7, in hexadecimal: names sort by the time they were made.

    Those of the package that Airflow brings tell times ahead of the clock.
    """
    chance = secrets.randbits(74)
    high = (time.time_ns() // 1_000_000 << 16) | 0x7000 | (chance >> 62)
    low = 1 << 63 | chance & (1 << 62) - 1
    return f"{high << 64 | low:032x}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
