"""Values that only a holder of the key can read, and nobody without it can change.

A sealed value is ASCII: the fingerprint of its key, then Fernet tokens, with dots between them. The
first holds a header and the number of tokens; each begins with the value's random id and its own
number, so that none can be left out, moved, or taken from another value.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument, XComAltered, XComSealed

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PIECE = 1 << 20
"""Bytes in a token: a large value takes half the memory, and less time, than in a single one."""

ID_BYTES = 16
NUMBER_BYTES = 4
FRONT = ID_BYTES + NUMBER_BYTES

OPTION = "[redis_xcom] xcom_fernet_key"
REMEDY = (
    f"Set {OPTION}, or [core] fernet_key, alike wherever tasks run; a key is made by `python -c "
    '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`'
)


def seal(data: bytes, header: Mapping[str, Any]) -> bytes:
    """Encrypt it under the first key.

    :param header: JSON that travels with the value, as safe from change, and hidden as well.
    """
    keys = _keys()
    if not keys:
        raise BadArgument(f"there is no key to encrypt with. {REMEDY}")
    fingerprint, key = next(iter(keys.items()))
    return b".".join([fingerprint, *map(key.encrypt, _pieces(data, header))])


def open_sealed(sealed: bytes, what: str = "the value") -> tuple[dict[str, Any], bytes]:
    """Return header and value.

    :param what: names it in errors.
    :raises XComSealed: where the key is missing.
    :raises XComAltered: when it was changed since.
    """
    from cryptography.fernet import InvalidToken

    parts = (part[0] for part in re.finditer(rb"[^.]+", sealed))
    key = _key(next(parts, b""), what)
    try:
        return _joined(_opened(key, parts))
    except InvalidToken:
        raise XComAltered(f"{what} was changed since it was sealed: run its task again") from None


def _pieces(data: bytes, header: Mapping[str, Any]) -> Iterator[bytes]:
    value_id, view = os.urandom(ID_BYTES), memoryview(data)
    starts = range(0, max(len(data), 1), PIECE)
    told = json.dumps({**header, "pieces": len(starts)}).encode() + b"\n"
    for number, start in enumerate(starts):
        front = value_id + number.to_bytes(NUMBER_BYTES, "big")
        yield b"".join([front, told if number == 0 else b"", view[start : start + PIECE]])


def _opened(key: Fernet, tokens: Iterator[bytes]) -> Iterator[bytes]:
    from cryptography.fernet import InvalidToken

    value_id = None
    for number, token in enumerate(tokens):
        piece = key.decrypt(token)
        value_id = value_id or piece[:ID_BYTES]
        if piece[:FRONT] != value_id + number.to_bytes(NUMBER_BYTES, "big"):
            raise InvalidToken
        yield piece[FRONT:]


def _joined(opened: Iterator[bytes]) -> tuple[dict[str, Any], bytes]:
    from cryptography.fernet import InvalidToken

    told, _, data = next(opened, b"{}").partition(b"\n")
    header = json.loads(told)
    pieces = [data, *opened]
    if len(pieces) != header.pop("pieces", 0):
        raise InvalidToken
    return header, b"".join(pieces)


def _key(fingerprint: bytes, what: str) -> Fernet:
    keys = _keys()
    try:
        return keys[fingerprint]
    except KeyError:
        ours = ", ".join(known.decode() for known in keys) or "none"
        theirs = fingerprint[:16].decode("ascii", "replace")
        raise XComSealed(
            f"{what}: the key with the fingerprint {theirs} has sealed it, unless it was altered; "
            f"this process has {ours}. After a change of keys the old ones follow the new one, "
            f"with commas between them. {REMEDY}"
        ) from None


def _keys() -> Mapping[bytes, Fernet]:
    from redis_xcom.airflow.compat import core_fernet_key, option

    return _read(option("xcom_fernet_key", "") or core_fernet_key())


@lru_cache(maxsize=4)
def _read(setting: str) -> Mapping[bytes, Fernet]:
    """Return the keys by fingerprint, in their order."""
    given = [part.strip() for part in setting.split(",") if part.strip()]
    return dict(map(_read_key, given))


def _read_key(text: str) -> tuple[bytes, Fernet]:
    from cryptography.fernet import Fernet

    try:
        key = Fernet(text.encode())
    except ValueError:
        raise BadArgument(f"a key is not 32 bytes in URL-safe base64. {REMEDY}") from None
    return hashlib.sha256(b"redis-xcom:" + text.rstrip("=").encode()).hexdigest()[:8].encode(), key
