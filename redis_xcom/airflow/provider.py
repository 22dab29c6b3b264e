"""What Airflow asks of every provider; discovery runs early, so nothing heavy is imported here."""

from __future__ import annotations

from typing import Any

from redis_xcom.airflow.configuration import OPTIONS


def get_provider_info() -> dict[str, Any]:
    """Answer name, purpose and modules. The connection type `redis` is Airflow's own."""
    return {
        "package-name": "redis-xcom",
        "name": "redis-xcom",
        "description": "An exclusive work queue for Airflow on Redis.",
        "integrations": [
            {
                "integration-name": "redis-xcom",
                "external-doc-url": "https://redis.io/docs/latest/",
                "tags": ["software"],
            }
        ],
        "operators": [
            {
                "integration-name": "redis-xcom",
                "python-modules": [
                    "redis_xcom.operators.push",
                    "redis_xcom.operators.claim",
                    "redis_xcom.operators.settle",
                    "redis_xcom.operators.trigger_runs",
                    "redis_xcom.operators.trigger_with_xcoms",
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": "redis-xcom",
                "python-modules": ["redis_xcom.operators.sensor"],
            }
        ],
        "triggers": [
            {
                "integration-name": "redis-xcom",
                "python-modules": ["redis_xcom.airflow.triggers"],
            }
        ],
        "queues": ["redis_xcom.airflow.messaging.RedisQueueProvider"],
        "task-decorators": [
            {
                "name": "claim",
                "class-name": "redis_xcom.operators.decorators.claim.claim_task",
            },
            {
                "name": "drain",
                "class-name": "redis_xcom.operators.decorators.drain.drain_task",
            },
            {
                "name": "claimed",
                "class-name": "redis_xcom.operators.decorators.claimed.claimed_task",
            },
            {
                "name": "exclusive",
                "class-name": "redis_xcom.operators.decorators.exclusive.exclusive_task",
            },
        ],
        "extra-links": ["redis_xcom.operators.links.QueueLink"],
        "config": {"redis_xcom": {"description": "The queues of redis-xcom.", "options": OPTIONS}},
    }
