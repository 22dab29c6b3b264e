"""Everything that redis-xcom raises on purpose.

RedisXComError
├── BadArgument (ValueError)     an argument that cannot be meant so
│   ├── BadName                  a queue name, prefix or tag that Redis keys cannot take
│   └── BadPayload               a value that JSON cannot hold, or that is too large or too deep
├── QueueFull                    nothing was added: the bound or the server's memory is reached
├── ClaimError
│   ├── ClaimLost                the items may be with another claimant: stop, write nothing
│   ├── AlreadyClaimed           somebody else has it, and says who
│   ├── ClaimHeld                a claim id that was to be handed items holds others already
│   └── Superseded               a newer incarnation of this claimant has taken over
├── XComError                    the value of an XCom cannot be had
│   ├── XComMissing              nothing lies where its reference leads, or there is no such XCom
│   ├── XComExpired              its time is over
│   ├── XComAltered              other bytes lie there than were written
│   ├── XComSealed               no key of this process opens it
│   ├── NotForYou                it is aimed at others
│   └── HandleRefused            a handle that is not this run's, expired or altered
├── StoreError                   a store of values did not do it
│   ├── StoreUnavailable         it did not answer
│   └── StoreRefused             no permission, no such bucket, no room
├── WrongKeyType                 a key of the queue holds something else; nothing was changed
├── ServerUnavailable            no answer after all retries; a call may be repeated, see there
│   └── NotReplicated            the primary has executed it, too few replicas have confirmed it
└── ServerError                  the server refused: its own words are in the message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

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


class AlreadyClaimed(ClaimError):
    """Somebody else has claimed it; nothing was changed.

    :param holder: the claim id that has it.
    :param owner: who that is, for people.
    :param since: when it was claimed; None where nobody knows.
    """

    def __init__(
        self,
        message: str,
        *,
        queue: str,
        claim_id: str,
        generation: int,
        holder: str = "",
        owner: str = "",
        since: datetime | None = None,
    ) -> None:
        super().__init__(message, queue=queue, claim_id=claim_id, generation=generation)
        self.holder = holder
        self.owner = owner
        self.since = since


class ClaimHeld(ClaimError):
    """A claim id holds other items: it must settle them before it can be handed these."""


class Superseded(ClaimError):
    """A newer incarnation holds this claim id: this process is the outdated one and must end."""


class XComError(RedisXComError):
    """The value of an XCom cannot be had; never is a path, a reference or None given instead."""


class XComMissing(XComError):
    """There is no such XCom, or what its reference leads to is gone."""


class XComExpired(XComError):
    """It was kept for as long as it was to be kept."""


class XComAltered(XComError):
    """What lies there is not what was written."""


class XComSealed(XComError):
    """It is encrypted, and no key of this process opens it."""


class NotForYou(XComError):
    """It is aimed at other consumers. The message names the reader and the addressees."""


class HandleRefused(XComError):
    """A handle that is expired or altered, or that another run was given."""


class StoreError(RedisXComError):
    """A store of values did not do what was asked; the message has its own words."""


class StoreUnavailable(StoreError):
    """The store did not answer in time. Asking again does no harm."""


class StoreRefused(StoreError):
    """The store said no: no permission, no such bucket, no room."""


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
