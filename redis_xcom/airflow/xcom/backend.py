"""The class that `[core] xcom_backend` names: Airflow's own, but for what is kept and who reads."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk.bases.xcom import BaseXCom

log = logging.getLogger(__name__)


class RedisXCom(BaseXCom):
    """Airflow's XCom, with large values in a store, and values that are aimed, sealed or claimed.

    Small values without a wish of their own lie in the metadata database as ever. In place of the
    others lies a `Reference`.
    """

    @staticmethod
    def serialize_value(
        value: Any,
        *,
        key: str | None = None,
        task_id: str | None = None,
        dag_id: str | None = None,
        run_id: str | None = None,
        map_index: int | None = None,
    ) -> Any:
        """Return what Airflow is to keep; see `row_of`."""
        from redis_xcom.airflow.xcom.coordinate import Coordinate
        from redis_xcom.airflow.xcom.writing import row_of

        index = -1 if map_index is None else map_index
        return row_of(
            value, Coordinate(dag_id or "", run_id or "", task_id or "", index, key or "")
        )

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        """Return the value of what Airflow has kept; see `value_of`."""
        from redis_xcom.airflow.xcom.reading import value_of

        return value_of(result.value)

    @classmethod
    def purge(cls, xcom: Any, *args: Any) -> None:  # noqa: ARG003 - as Airflow calls it
        """Remove the value from its store. A store that does not do it keeps nobody waiting.

        The value expires then, or is removed as an orphan.
        """
        from redis_xcom.airflow.xcom.reading import discard

        try:
            discard(xcom.value)
        except Exception as error:  # noqa: BLE001 (whatever it is, the task's next try is to begin)
            log.warning("Not removed from its store, it is left to expire: %s", error)

    @classmethod
    def claim_xcom(
        cls, key: str = BaseXCom.XCOM_RETURN_KEY, consumer_id: str | None = None, **where: Any
    ) -> Any:
        """Return a value that nobody else gets; see `redis_xcom.operators.claim_xcom`."""
        from redis_xcom.airflow.xcom.claimed import claim_xcom

        return claim_xcom(key, consumer_id, **where)
