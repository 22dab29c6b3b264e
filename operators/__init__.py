"""What a DAG author writes."""

from __future__ import annotations

from .claim import ClaimFromQueueOperator
from .push import PushToQueueOperator
from .sensor import QueueSensor

__all__ = ["ClaimFromQueueOperator", "PushToQueueOperator", "QueueSensor"]
