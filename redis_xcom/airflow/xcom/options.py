"""What a task says of one value: whom it is for, and how it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from datetime import timedelta
    from typing import NoReturn


def aim(value: Any, *, to: str | Sequence[str], encrypt: bool | None = None) -> Any:
    """Return the value for named consumers alone, to be returned by a task or pushed.

    Whoever else pulls it gets `NotForYou`. It can be mapped over, and a dict be returned with
    ``multiple_outputs``: each key of it is aimed alike.

    :param to: task ids of this DAG, or ``dag.task``; `*`, `?` and `[...]` match as in file names.
    :param encrypt: whether it is encrypted; None for what `[redis_xcom] xcom_encrypt` says.
    """
    from redis_xcom.airflow.xcom.audience import addressees

    wishes: dict[str, Any] = {} if encrypt is None else {"encrypt": encrypt}
    return _wrapped(value, wishes, addressees(to))


def keep(
    value: Any,
    *,
    store: str | None = None,
    threshold: int | None = None,
    compression: str | None = None,
    ttl: timedelta | float | None = None,
    encrypt: bool | None = None,
) -> Any:
    """Return the value to be kept otherwise than the configuration says; None for as it says.

    :param store: url of the store.
    :param threshold: from how many bytes of JSON on it goes there; 0 for always.
    :param compression: nothing, ``zstd`` or ``gzip``.
    :param ttl: after which it expires, as timedelta or in seconds; 0 for never.
    :param encrypt: whether it is encrypted.
    """
    wishes: dict[str, Any] = {"store": store, "threshold": threshold, "compression": compression}
    wishes |= {"ttl": ttl, "encrypt": encrypt}
    return _wrapped(value, {name: wish for name, wish in wishes.items() if wish is not None}, ())


class Wrapped:
    """A value and what was said of it, on its way to the backend; see `aim` and `keep`."""

    def __init__(self, value: Any, wishes: dict[str, Any], to: tuple[str, ...]) -> None:
        self.wrapped = value
        self.wishes = wishes
        self.to = to

    def __repr__(self) -> str:
        return f"<{type(self.wrapped).__name__} for {', '.join(self.to) or 'everybody'}>"

    def serialize(self) -> NoReturn:
        """Fail: whoever asks for this would lose what was said of the value."""
        raise BadArgument(
            "a value of aim() or keep() is to be returned or pushed whole, not inside another "
            "one, and needs [core] xcom_backend = redis_xcom.airflow.xcom.RedisXCom"
        )


class WrappedSequence(Wrapped, Sequence[Any]):
    """A list that can be mapped over."""

    def __getitem__(self, index: Any) -> Any:
        return self.wrapped[index]

    def __len__(self) -> int:
        return len(self.wrapped)


class WrappedMapping(Wrapped, dict[str, Any]):
    """A dict that can be mapped over, and pushed key by key as ``multiple_outputs``."""

    def __init__(self, value: Mapping[str, Any], wishes: Any, to: tuple[str, ...]) -> None:
        dict.__init__(self, value)
        Wrapped.__init__(self, value, wishes, to)

    def items(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        """Yield each key, and its value under what was said of the whole."""
        for key, value in self.wrapped.items():
            yield key, _wrapped(value, self.wishes, self.to)


def unwrapped(value: Any) -> tuple[Any, dict[str, Any], tuple[str, ...]]:
    """Return a value, the wishes for it, and whom it is aimed at."""
    if not isinstance(value, Wrapped):
        return value, {}, ()
    return value.wrapped, value.wishes, value.to


def _wrapped(value: Any, wishes: dict[str, Any], to: tuple[str, ...]) -> Wrapped:
    value, outer, aimed = unwrapped(value)
    kind: type[Wrapped] = Wrapped
    if isinstance(value, dict):
        kind = WrappedMapping
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        kind = WrappedSequence
    return kind(value, outer | wishes, to or aimed)
