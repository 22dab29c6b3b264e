"""The bytes of a value, made smaller."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from redis_xcom.errors import BadArgument, XComAltered

SUFFIXES = {"": "", "zstd": ".zst", "gzip": ".gz"}
"""What can be configured, and how names of objects tell it."""


def compressed(data: bytes, compression: str) -> bytes:
    """Return the bytes as `[redis_xcom] xcom_compression` says."""
    if compression == "zstd":
        return bytes(_zstandard().ZstdCompressor().compress(data))
    return gzip.compress(data, compresslevel=6, mtime=0) if compression == "gzip" else data


def decompressed(data: bytes, compression: str, what: str) -> bytes:
    """Return what was compressed.

    :param what: how messages name it.
    :raises XComAltered: for bytes that nobody has compressed so.
    """
    try:
        if compression == "zstd":
            return bytes(_zstandard().ZstdDecompressor().decompress(data))
        return gzip.decompress(data) if compression == "gzip" else data
    except _errors(compression) as error:
        raise XComAltered(f"{what} cannot be decompressed: {error}") from error


def _errors(compression: str) -> tuple[type[Exception], ...]:
    return (_zstandard().ZstdError,) if compression == "zstd" else (OSError, EOFError, zlib.error)


def _zstandard() -> Any:
    try:
        import zstandard
    except ModuleNotFoundError:
        raise BadArgument(
            "zstd needs a package: pip install 'redis-xcom[zstd]', here and on every worker"
        ) from None
    return zstandard
