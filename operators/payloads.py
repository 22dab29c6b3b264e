"""Payloads as a rendered template field: usable as a list, shown as a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from .arguments import payload_list


class Payloads(Sequence[Any]):
    """What a task is to push. Airflow shows rendered fields: of these it shows how many.

    :param given: a list, or the text of a JSON array.
    :raises BadArgument: for anything else, without repeating it.
    """

    def __init__(self, given: object) -> None:
        self._items = payload_list(given)

    def __str__(self) -> str:
        return f"{len(self):,} payload{'' if len(self) == 1 else 's'}"

    __repr__ = __str__

    @overload
    def __getitem__(self, place: int) -> Any: ...

    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...

    def __getitem__(self, place: int | slice) -> Any:
        return self._items[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
