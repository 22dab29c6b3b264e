"""From the row that Airflow keeps to the value that a task gets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.audience import check
from redis_xcom.airflow.xcom.coding import decode, deserialized
from redis_xcom.airflow.xcom.compression import decompressed
from redis_xcom.airflow.xcom.digest import Digest
from redis_xcom.airflow.xcom.reference import Reference
from redis_xcom.airflow.xcom.veil import cover
from redis_xcom.errors import XComAltered, XComMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis_xcom.airflow.xcom.reader import Reader


def value_of(row: Any, *, reader: Reader | None = None) -> Any:
    """Return the value of a row: the user's own, or what a reference leads to.

    :param reader: on whose behalf it is read; by default that of this process's task.
    :raises NotForYou: when it is aimed at others.
    :raises XComError: when the value cannot be had, by its kind.
    :raises StoreError: when its store does not answer, or refuses.
    """
    reference = Reference.read(row)
    if reference is None:
        return deserialized(row)
    return value_behind(reference, reader=reader)


def value_behind(reference: Reference, *, reader: Reader | None = None, ready: bool = False) -> Any:
    """Return the value that a reference leads to; see `value_of`.

    :param ready: what the reference itself holds was deserialised already.
    """
    if reference.to:
        check(reference.to, _words(reference), reference.dag_id, reader)
    if reference.uri is None and not reference.sealed:
        return reference.value if ready else deserialized(reference.value)
    if reference.uri and not reference.sealed and not reference.compression:
        return decode(*_laid(reference))
    data = fetched(reference) if reference.uri else str(reference.value).encode()
    if reference.sealed:
        data = _opened(data, reference, reader)
    value = decode(decompressed(data, reference.compression, _words(reference)))
    if reference.sealed:
        cover(value)
    return value


def fetched(reference: Reference) -> bytes:
    """Return the bytes that lie in the store, just as they were written."""
    data, check_data = _laid(reference)
    check_data()
    return data


def _laid(reference: Reference) -> tuple[bytes, Callable[[], None]]:
    """Return what lies in the store, and what raises `XComAltered` where that was not written.

    A large value is checked meanwhile, so that it can be parsed at once; nothing is to be made of
    it before.
    """
    from redis_xcom.airflow.xcom.naming import read_name
    from redis_xcom.airflow.xcom.stores import store_of

    uri = str(reference.uri)
    reference.check_time()
    if read_name(uri) is None:
        raise XComAltered(f"{uri} is no name that a value is stored under")
    try:
        data = store_of(uri).get(uri)
    except XComMissing:
        reference.check_time()
        raise
    return data, partial(_check_data, reference, len(data), Digest(data))


def _check_data(reference: Reference, size: int, digest: Digest) -> None:
    if size != reference.bytes or digest.hex != reference.sha256:
        raise XComAltered(
            f"{reference.uri} holds {size} bytes that are not the {reference.bytes} written "
            "there: somebody has changed it; run its task again"
        )


def discard(row: Any) -> None:
    """Remove what a row refers to, if it refers to anything; that it is gone is no error."""
    reference = Reference.read(row)
    if reference is None or reference.uri is None:
        return
    from redis_xcom.airflow.xcom.naming import read_name
    from redis_xcom.airflow.xcom.stores import store_of

    if read_name(reference.uri):
        store_of(reference.uri).delete(reference.uri)


def _opened(data: bytes, reference: Reference, reader: Reader | None) -> bytes:
    """Inside the seal stands whom the value is for: that cannot be altered."""
    from redis_xcom.airflow.xcom.cipher import open_sealed

    header, content = open_sealed(data, _words(reference))
    sealed_for = tuple(header["to"])
    if sealed_for:
        words = f"XCom {header['key']!r} of {header['dag_id']}.{header['task_id']}"
        check(sealed_for, words, header["dag_id"], reader)
    if sealed_for != reference.to:  # whoever looks at it without opening goes by the reference
        raise XComAltered(
            f"{_words(reference)} is aimed at {sealed_for or 'nobody'}, its reference says "
            f"{reference.to or 'nobody'}: somebody has changed that; run its task again"
        )
    return content


def _words(reference: Reference) -> str:
    if reference.key:
        return f"XCom {reference.key!r} of {reference.dag_id}.{reference.task_id}"
    return reference.uri or f"a value of the type {reference.type}"
