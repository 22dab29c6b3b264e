"""What a DAG author writes."""

from __future__ import annotations

from .claim import ClaimFromQueueOperator
from .push import PushToQueueOperator
from .sensor import QueueSensor
from .settle import AckClaimOperator, ReleaseClaimOperator
from .trigger_runs import TriggerDagRunPerItemOperator

__all__ = [
    "AckClaimOperator",
    "ClaimFromQueueOperator",
    "PushToQueueOperator",
    "QueueSensor",
    "ReleaseClaimOperator",
    "TriggerDagRunPerItemOperator",
]
