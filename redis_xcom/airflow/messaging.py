"""The scheme `redis+queue` for Airflow's `MessageQueueTrigger`; needs the extra `[messaging]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.messaging.providers.base_provider import BaseMessageQueueProvider

if TYPE_CHECKING:
    from airflow.triggers.base import BaseEventTrigger


class RedisQueueProvider(BaseMessageQueueProvider):
    """Leads `MessageQueueTrigger(scheme="redis+queue", …)` to a `QueueEventTrigger`."""

    scheme = "redis+queue"

    def trigger_class(self) -> type[BaseEventTrigger]:
        """Return the trigger, which takes the other arguments."""
        from redis_xcom.airflow.triggers import QueueEventTrigger

        return QueueEventTrigger
