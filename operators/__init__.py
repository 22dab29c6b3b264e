"""What a DAG author writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.claimed import claim_xcom, release_xcom
from redis_xcom.airflow.xcom.options import aim, keep

from .claim import ClaimFromQueueOperator
from .decorators.failing import FailedItems
from .handed import handed_xcoms
from .push import PushToQueueOperator
from .sensor import QueueSensor
from .settle import AckClaimOperator, ReleaseClaimOperator
from .trigger_runs import TriggerDagRunPerItemOperator

if TYPE_CHECKING:
    from .trigger_with_xcoms import (
        TriggerDagRunWithXComsOperator as TriggerDagRunWithXComsOperator,
    )

# Without TriggerDagRunWithXComsOperator: `import *` would load Airflow's own operator below it.
__all__ = [
    # a value's way through XCom
    "aim",
    "claim_xcom",
    "handed_xcoms",
    "keep",
    "release_xcom",
    # queues
    "AckClaimOperator",
    "ClaimFromQueueOperator",
    "FailedItems",
    "PushToQueueOperator",
    "QueueSensor",
    "ReleaseClaimOperator",
    "TriggerDagRunPerItemOperator",
]


def __getattr__(name: str) -> Any:
    """Import what stands on an operator of Airflow's: a DAG that has none does not load that."""
    if name != "TriggerDagRunWithXComsOperator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .trigger_with_xcoms import TriggerDagRunWithXComsOperator

    return TriggerDagRunWithXComsOperator
