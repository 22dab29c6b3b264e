"""What a claimant still has in hand of a claim, and how the rest of it ended."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from redis_xcom.item import Item


class Hand:
    """The items of one claim by identity: two items may be equal, and each has its place.

    :param places: where each item stands in the claim's record on the server.
    """

    def __init__(self, items: Sequence[Item], places: Sequence[int]) -> None:
        self._items = items
        self._places = places
        self._ended: dict[int, str] = {}

    def __len__(self) -> int:
        """How many have not been settled yet."""
        return len(self._items) - len(self._ended)

    def __contains__(self, item: Item) -> bool:
        return id(item) in self._place_of and id(item) not in self._ended

    def chosen(self, action: str, items: Sequence[Item]) -> list[int]:
        """Return which of these, or of all, the action is still to befall.

        Raises `BadArgument` for an item of another claim, or one that has ended otherwise.
        """
        if not items:
            return [key for key in self._place_of if key not in self._ended]
        for item in items:
            self.place_of(item)
            if (was := self._ended.get(id(item), action)) != action:
                raise BadArgument(f"item {item.id!r}: {action} after {was} is too late")
        return [id(item) for item in items if id(item) not in self._ended]

    def place_of(self, item: Item) -> int:
        """Return its place, whatever became of it; `BadArgument` for an item of another claim."""
        if id(item) not in self._place_of:
            raise BadArgument(f"item {item.id!r} is not of this claim")
        return self._place_of[id(item)]

    def places(self, chosen: Iterable[int]) -> list[int]:
        return [self._place_of[key] for key in chosen]

    def end(self, chosen: Iterable[int], action: str) -> None:
        self._ended |= dict.fromkeys(chosen, action)

    @cached_property
    def _place_of(self) -> dict[int, int]:
        return {id(i): place for i, place in zip(self._items, self._places, strict=True)}
