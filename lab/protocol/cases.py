"""The protocol as it is, which must hold, and the naive ones, which must break what they name."""

from __future__ import annotations

from dataclasses import dataclass

from lab.protocol.search import ENDS, Found, Search

RETRY, DRAINS, TRIES, PAIR = 1, 2, 3, 4
ALONE = {"COPIES": 0, "SPARES": 0}
MORTAL = {"WORKERS": 2, "COPIES": 0, "SPARES": 2}


@dataclass(frozen=True)
class Case:
    """A search and what it must come to.

    :param breaks: the property that must break; empty when all must hold.
    """

    search: Search
    breaks: str = ""

    @property
    def verdict(self) -> str:
        """What it must come to, in words."""
        return f"breaks {self.breaks}" if self.breaks else "holds"

    def complaint(self, found: Found) -> str:
        """Why this is not what it must come to; empty when it is."""
        if self.breaks:
            return "" if found.broken == self.breaks else f"BREAKS {found.broken or 'NOTHING'}"
        if found.broken:
            return f"BREAKS {found.broken}"
        return "" if found.complete else f"NOT COMPLETED: {found.words[-300:]}"


def _real(name: str, *properties: str, **switches: int) -> Case:
    return Case(Search(name, switches, properties))


def _naive(name: str, rule: str, breaks: str, **switches: int) -> Case:
    every: dict[str, int | None] = {"WORKERS": 2, "SCENE": TRIES, "COPIES": 0, rule: None}
    search = Search(name, every | switches, (breaks,), shortest=breaks != ENDS)
    return Case(search, breaks)


REAL = (
    _real("three drains", SCENE=DRAINS, SPARES=0),
    _real("two tries of a task and a drain", SCENE=RETRY),
    _real("three tries of a task, three deliveries", SCENE=TRIES, DELIVERIES=3),
    _real("three tries, redriven without end", SCENE=TRIES, COPIES=0, REDRIVES=1),
    _real("two drains, redriven without end", SCENE=DRAINS, WORKERS=2, **ALONE, REDRIVES=1),
    _real("three drains that go on under other ids", SCENE=DRAINS, COPIES=0),
    _real("a try, a drain and a producer", SCENE=RETRY, WORKERS=2, PUSHES=1),
    _real("two tries that may die, a task that lives", ENDS, SCENE=PAIR, COPIES=0),
    _real("a task that may die, a drain that lives", ENDS, SCENE=RETRY, **MORTAL),
)
SMALL = (
    _real("two tries of a task", SCENE=TRIES, WORKERS=2),
    _real("a try and a drain", SCENE=RETRY, WORKERS=2, COPIES=0, PUSHES=1),
    _real("a task that may die, one that lives", ENDS, SCENE=PAIR, WORKERS=2, COPIES=0, FAULTS=1),
)
"""What fits into the everyday tests."""

NAIVE = (
    _naive("a token without generation", "NO_GENERATION", "TOLD_TRUE"),
    _naive("ack without fence", "NO_FENCE", "FENCED", SCENE=RETRY),
    _naive("release without fence", "NO_RELEASE_FENCE", "NO_THEFT"),
    _naive("claim without replay", "NO_REPLAY", "ONE_PLACE"),
    _naive("takeover without a new generation", "NO_BUMP", "ONE_CLAIMANT"),
    _naive("takeover that fences after it buries", "LATE_FENCE", "TOLD_TRUE", DELIVERIES=1),
    _naive("takeover by any other try", "ANY_TAKES_OVER", "SUPERSEDED"),
    _naive("step that names no generation", "NO_AFTER", "FENCED", SCENE=DRAINS, SPARES=0),
    _naive("step that does not see its claim expired", "STEP_BLIND", "TOLD_TRUE", SCENE=DRAINS),
    _naive("ended claims forgotten", "NO_PAST", "NO_ECHO", SCENE=DRAINS, WORKERS=1, COPIES=1),
    _naive("ack of the rest after an expiry", "PART_BLIND", "TOLD_TRUE", SCENE=RETRY),
    _naive("release that puts back again", "NO_OUTCOMES", "FROM_READY"),
    _naive("acks of single items not kept", "NO_PARTS", "ACKED_ONCE"),
    _naive("reap of renewed leases", "NO_RENEWAL", "NO_THEFT", SCENE=RETRY),
    _naive("push without a number", "NO_NUMBER", "PUSHED_ONCE", PUSHES=1),
    _naive("no lease ever ends", "NO_EXPIRY", ENDS, SCENE=PAIR),
)
