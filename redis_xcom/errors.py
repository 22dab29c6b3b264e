"""Everything that redis-xcom raises on purpose.

RedisXComError
├── BadArgument (ValueError)     an argument that cannot be meant so
│   ├── BadName                  a queue name, prefix or tag that Redis keys cannot take
│   └── BadPayload               a value that JSON cannot hold, or that is too large or too deep
├── QueueFull                    nothing was added: the bound or the server's memory is reached
├── ClaimError
│   ├── ClaimLost                the items may be with another claimant: stop, write nothing
│   ├── ClaimHeld                a claim id that was to be handed items holds others already
│   └── Superseded               a newer incarnation of this claimant has taken over
├── WrongKeyType                 a key of the queue holds something else; nothing was changed
├── ServerUnavailable            no answer after all retries; a call may be repeated, see there
│   └── NotReplicated            the primary has executed it, too few replicas have confirmed it
└── ServerError                  the server refused: its own words are in the message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class RedisXComError(Exception):
    """Root of all errors of this package."""


class BadArgument(RedisXComError, ValueError):
    """An argument that cannot be meant so; the message names it and what would do."""


class BadName(BadArgument):
    """A name that cannot be part of a Redis key safely."""


class BadPayload(BadArgument):
    """A value that cannot travel: not JSON, too large or too deep. The message says where."""


class QueueFull(RedisXComError):
    """Nothing of the push was added; push again once consumers have worked some items off."""


class ClaimError(RedisXComError):
    """A claim is not what its holder thinks it is."""

    def __init__(self, message: str, *, queue: str, claim_id: str, generation: int) -> None:
        super().__init__(message)
        self.queue = queue
        self.claim_id = claim_id
        self.generation = generation
        self.why = ""

    @classmethod
    def told(cls, queue: str, claim_id: str, generation: int, why: str) -> Self:
        """Make one that says whose claim it is and why."""
        whose = f"queue {queue!r}, claim {claim_id}, generation {generation}"
        error = cls(f"{whose}: {why}", queue=queue, claim_id=claim_id, generation=generation)
        error.why = why
        return error


class ClaimLost(ClaimError):
    """The lease ran out or the claim was taken over; what was asked for changed nothing."""


class ClaimHeld(ClaimError):
    """A claim id holds other items: it must settle them before it can be handed these."""


class Superseded(ClaimError):
    """A newer incarnation holds this claim id: this process is the outdated one and must end."""


class WrongKeyType(RedisXComError):
    """A key of the queue holds a value of another type; nothing was changed."""


class ServerUnavailable(RedisXComError):
    """The server did not answer within all retries.

    Repeating the call does no harm, except for a push without push id: it may have been taken.
    """


class NotReplicated(ServerUnavailable):
    """The primary has executed the call, but too few replicas have confirmed that they have it.

    A failover now may forget it. Repeating the call does no harm, except for a push without push
    id, which is there already unless the primary fails.
    """


class ServerError(RedisXComError):
    """The server refused the command."""
