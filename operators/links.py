"""The way from a task in Airflow's UI to the page of its queue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

USUAL = {"redis_conn_id": "redis_default", "prefix": "xcom", "tag": None}


class QueueLink(BaseOperatorLink):
    """Leads to the page of the task's queue: how much waits, who holds what, since when.

    Made in the task's own process, without any connection.
    """

    name = "Queue"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the page's address; nothing for a task whose arguments were never rendered."""
        from redis_xcom.airflow.compat import base_url

        names = getattr(operator, "queue_name", None) or ()
        names = [names] if isinstance(names, str) else names
        path = ",".join(quote(str(name), safe="") for name in names)
        given = {name: getattr(operator, name, usual) for name, usual in USUAL.items()}
        unusual = {name: value for name, value in given.items() if value != USUAL[name]}
        query = f"?{urlencode(unusual)}" if unusual else ""
        return f"{base_url()}/redis-xcom/queues/{path}{query}" if path else ""
