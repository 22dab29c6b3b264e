"""An exclusive work queue on Redis or Valkey: each item has at most one live, fenced claimant."""

from redis_xcom.claim import Claim
from redis_xcom.drain import Drain
from redis_xcom.durability import Replicated
from redis_xcom.errors import (
    BadArgument,
    BadName,
    BadPayload,
    ClaimError,
    ClaimHeld,
    ClaimLost,
    NotReplicated,
    QueueFull,
    RedisXComError,
    ServerError,
    ServerUnavailable,
    Superseded,
    WrongKeyType,
)
from redis_xcom.handle import ClaimHandle
from redis_xcom.item import DeadItem, Item
from redis_xcom.outlook import Outlook
from redis_xcom.priorities import Priorities
from redis_xcom.pushing import PushResult
from redis_xcom.queue import Queue
from redis_xcom.silent import SilentClaim
from redis_xcom.stats import Stats

__all__ = [
    # the queue and what it hands out
    "Queue",
    "Priorities",
    "Replicated",
    "Claim",
    "ClaimHandle",
    "Drain",
    "Item",
    "DeadItem",
    "PushResult",
    "Stats",
    "Outlook",
    "SilentClaim",
    # errors
    "RedisXComError",
    "BadArgument",
    "BadName",
    "BadPayload",
    "QueueFull",
    "ClaimError",
    "ClaimLost",
    "ClaimHeld",
    "Superseded",
    "WrongKeyType",
    "ServerUnavailable",
    "NotReplicated",
    "ServerError",
]
