"""The file system of `gs://`, as Airflow's provider for Google would register it.

That provider brings a hundred packages for it; this takes the same connection to the same library.
It takes the library's plain half: the other asks over gRPC, which the emulator does not speak.
"""

from __future__ import annotations

from typing import Any

schemes = ["gs", "gcs"]


def get_fs(conn_id: str | None, storage_options: dict[str, Any] | None = None) -> Any:
    from airflow.sdk import Connection
    from gcsfs.core import GCSFileSystem

    extra = Connection.get(conn_id).extra_dejson
    options = storage_options or {}
    return GCSFileSystem(
        project=extra["project"], token="anon", endpoint_url=extra["endpoint_url"], **options
    )
