"""The XCom backend: large values out of the metadata database, aimed and claimed ones.

`[core] xcom_backend = redis_xcom.airflow.xcom.RedisXCom` switches it on. Every task imports this.
"""

from redis_xcom.airflow.xcom.backend import RedisXCom

__all__ = ["RedisXCom"]
