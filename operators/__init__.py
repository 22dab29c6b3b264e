"""What a DAG author writes."""

from __future__ import annotations

from .claim import ClaimFromQueueOperator
from .decorators.failing import FailedItems
from .push import PushToQueueOperator
from .sensor import QueueSensor
from .settle import AckClaimOperator, ReleaseClaimOperator
from .trigger_runs import TriggerDagRunPerItemOperator

__all__ = [
    "AckClaimOperator",
    "ClaimFromQueueOperator",
    "FailedItems",
    "PushToQueueOperator",
    "QueueSensor",
    "ReleaseClaimOperator",
    "TriggerDagRunPerItemOperator",
]
