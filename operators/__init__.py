"""What a DAG author writes."""

from __future__ import annotations

from redis_xcom.airflow.xcom.options import aim, keep

from .claim import ClaimFromQueueOperator
from .decorators.failing import FailedItems
from .push import PushToQueueOperator
from .sensor import QueueSensor
from .settle import AckClaimOperator, ReleaseClaimOperator
from .trigger_runs import TriggerDagRunPerItemOperator

__all__ = [
    # a value's way through XCom
    "aim",
    "keep",
    # queues
    "AckClaimOperator",
    "ClaimFromQueueOperator",
    "FailedItems",
    "PushToQueueOperator",
    "QueueSensor",
    "ReleaseClaimOperator",
    "TriggerDagRunPerItemOperator",
]
