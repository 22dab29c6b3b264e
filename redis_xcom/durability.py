"""What must have happened to a write before the caller is told that it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from redis_xcom.connect import LONGEST_BLOCK
from redis_xcom.errors import BadArgument
from redis_xcom.units import milliseconds, whole_number
from redis_xcom.wording import shown

MOST_REPLICAS = 100


@dataclass(frozen=True)
class Replicated:
    """A call is confirmed once so many replicas have received what it wrote.

    What was confirmed then outlives the primary, as long as one of these replicas takes its
    place. It costs a round trip from the primary to its replicas, within the same call.

    :param replicas: how many; to be safe whichever of them is promoted, all there are.
    :param timeout: how long a call waits for them before it is sent again, five seconds at most.
        After eight repeats it raises `NotReplicated`.
    """

    replicas: int = 1
    timeout: timedelta = timedelta(seconds=1)

    def __post_init__(self) -> None:
        whole_number(self.replicas, "replicas", least=1, most=MOST_REPLICAS)
        # To the server 0 ms are for ever.
        milliseconds(self.timeout, "timeout", least=timedelta(milliseconds=1))
        if self.timeout.total_seconds() > LONGEST_BLOCK:
            raise BadArgument(f"timeout is {self.timeout}: at most {LONGEST_BLOCK:g} seconds")

    @property
    def timeout_ms(self) -> int:
        return milliseconds(self.timeout, "timeout")


def check_durability(durability: object) -> Replicated | None:
    """Return it, or raise `BadArgument`: a word or a number would promise something unknown."""
    if durability is None or isinstance(durability, Replicated):
        return durability
    raise BadArgument(f"durability is {shown(durability)}: give Replicated(replicas=1), or None")
