"""The backends that are measured, each as a deployment sets it up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from redis_xcom.blobs import Blobs
from redis_xcom.embedded import EmbeddedServer

DEFAULT = "default"
OBJECT_STORAGE = "object storage (files)"
FILES = "ours (files)"
FILES_ZSTD = "ours (files, zstd)"
REDIS = "ours (Redis)"
REDIS_ZSTD = "ours (Redis, zstd)"

THRESHOLD = "65536"


@dataclass(frozen=True)
class Backend:
    """One backend, and how many bytes lie in its store now."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    stored: Callable[[], int] = lambda: 0


def backends(folder: Path, server: EmbeddedServer) -> list[Backend]:
    """Return all of them, each with a store of its own."""
    return [
        Backend(DEFAULT),
        _object_storage(folder / "object-storage"),
        _files(FILES, folder / "files"),
        _redis(REDIS, server),
        _files(FILES_ZSTD, folder / "files-zstd", compression="zstd"),
        _redis(REDIS_ZSTD, server, compression="zstd"),
    ]


def _object_storage(folder: Path) -> Backend:
    backend = "airflow.providers.common.io.xcom.backend.XComObjectStorageBackend"
    environment = {
        "AIRFLOW__CORE__XCOM_BACKEND": backend,
        "AIRFLOW__COMMON_IO__XCOM_OBJECTSTORAGE_PATH": folder.as_uri(),
        "AIRFLOW__COMMON_IO__XCOM_OBJECTSTORAGE_THRESHOLD": THRESHOLD,
    }
    return Backend(OBJECT_STORAGE, environment, partial(in_files, folder))


def _files(name: str, folder: Path, *, compression: str = "") -> Backend:
    return Backend(name, _ours(folder.as_uri(), compression), partial(in_files, folder))


def _redis(name: str, server: EmbeddedServer, *, compression: str = "") -> Backend:
    prefix = f"bench{compression}"
    connection = {"conn_type": "redis", "host": str(server.socket)}
    environment = {
        **_ours(f"redis://redis_default@{prefix}", compression),
        "AIRFLOW_CONN_REDIS_DEFAULT": json.dumps(connection),
    }
    return Backend(name, environment, partial(_in_redis, server, prefix))


def _ours(store: str, compression: str) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__XCOM_BACKEND": "redis_xcom.airflow.xcom.RedisXCom",
        "AIRFLOW__REDIS_XCOM__XCOM_STORE": store,
        "AIRFLOW__REDIS_XCOM__XCOM_THRESHOLD": THRESHOLD,
        "AIRFLOW__REDIS_XCOM__XCOM_COMPRESSION": compression,
    }


def in_files(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _in_redis(server: EmbeddedServer, prefix: str) -> int:
    with server.client() as client:
        return sum(size for _, size in Blobs(client, prefix).list())
