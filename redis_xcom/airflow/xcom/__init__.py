"""The XCom backend: large values out of the metadata database, aimed and claimed ones.

`[core] xcom_backend = redis_xcom.airflow.xcom.RedisXCom` switches it on. Every task imports this.
"""

from redis_xcom.airflow.xcom.backend import RedisXCom
from redis_xcom.airflow.xcom.switched_off import XComReference

__all__ = ["RedisXCom", "XComReference"]
