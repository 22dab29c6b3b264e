"""The section `[redis_xcom]` of Airflow's configuration, told in the form that Airflow asks for."""

from __future__ import annotations

from typing import Any


def _option(
    description: str, kind: str, default: str, example: str | None = None
) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": kind,
        "example": example,
        "default": default,
    }


OPTIONS: dict[str, dict[str, Any]] = {
    "quiet": _option(
        "Seconds after which a claim that is not renewed is silent: before a task claims it asks "
        "what became of the owners of silent claims.",
        "float",
        "30",
    ),
    "deployment": _option(
        "Set in front of the names under which tasks claim, so that several Airflows on one queue "
        "never answer for each other.",
        "string",
        "",
        "north",
    ),
    "xcom_store": _option(
        "Url of the store for large XComs, where the XCom backend is switched on; empty for none.",
        "string",
        "",
        "s3://aws_default@bucket/xcoms",
    ),
    "xcom_threshold": _option(
        "An XCom of so many bytes of JSON, or more, goes to the store.", "integer", "65536"
    ),
    "xcom_compression": _option(
        "Of what goes to the store: empty for none, zstd or gzip.", "string", "", "zstd"
    ),
    "xcom_ttl": _option(
        "Seconds after which what is in the store expires; 0 for never.", "float", "2592000"
    ),
    "xcom_encrypt": _option("Which XComs are encrypted: none, aimed or all.", "string", "none"),
    "xcom_fernet_key": _option(
        "Keys to encrypt XComs with, commas between them: the first seals, all open. Empty for "
        "those of `[core] fernet_key`.",
        "string",
        "",
    )
    | {"sensitive": True},  # hidden where Airflow shows its configuration
    "xcom_overrides": _option(
        "Other settings for some tasks: JSON, by patterns of dag.task.",
        "string",
        "",  # Airflow formats defaults: braces would be replaced
        '{"reports.*": {"threshold": 0, "ttl": 86400}}',
    ),
    "xcom_conn_id": _option(
        "Connection of the type redis for claimed XComs, and for keys handed to child runs.",
        "string",
        "redis_default",
    ),
}
