"""Handles: small, plain JSON that names claimed items wherever a DAG carries it; no payloads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from redis import Redis

    from redis_xcom import Claim, Queue

ITEM, ITEMS = "item", "items"
"""Where in its conf a run finds the handle, or handles, of what it was started for."""

NAMES = {"queue", "claim_id", "generation"}
"""Without these a mapping is no handle."""


@dataclass(frozen=True, kw_only=True)
class Handle:
    """Where one item is held or, without a place, whatever is held under a claim.

    :param redis_conn_id: the connection of its server, in whatever Airflow this travels.
    :param generation: of the claim: what has been handed on since is not meant any more.
    :param place: the item's in that claim; None for all of them.
    :param item: the item's id.
    """

    queue: str
    claim_id: str
    generation: int
    incarnation: str = ""
    redis_conn_id: str = "redis_default"
    prefix: str = "xcom"
    tag: str | None = None
    place: int | None = None
    item: str | None = None

    def __str__(self) -> str:
        what = "all" if self.place is None else f"item {self.item}"
        return f"{what} of queue {self.queue} claim {self.claim_id} generation {self.generation}"

    @property
    def claim(self) -> tuple[str | int | None, ...]:
        """Equal for all that are held under one claim."""
        where = (self.redis_conn_id, self.prefix, self.tag, self.queue)
        return (*where, self.claim_id, self.generation)

    def show_on(self, operator: Any) -> None:
        """Let the task speak of this queue, in its log and by its link."""
        operator.queue_name, operator.redis_conn_id = self.queue, self.redis_conn_id
        operator.prefix, operator.tag = self.prefix, self.tag

    def connect(self, *, max_deliveries: int | None = None) -> tuple[Redis, Queue]:
        """Return the queue, and its client to be closed by the caller."""
        from redis_xcom.airflow.connection import get_server

        server = get_server(self.redis_conn_id)
        return server.open(
            self.queue, prefix=self.prefix, tag=self.tag, max_deliveries=max_deliveries
        )


def item_handles(claim: Claim, items: Sequence[Any], redis_conn_id: str) -> list[dict[str, Any]]:
    """Return a handle for each of these items of a claim, in order."""
    from redis_xcom.airflow.marker import describe

    whole = describe(claim, redis_conn_id)
    del whole["items"]
    return [whole | {"place": claim.place_of(item), "item": item.id} for item in items]


def is_handle(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() >= NAMES


def are_handles(value: object) -> bool:
    """Whether this is a handle, or some in a list, which may come from mapped tasks."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        return is_handle(value)
    return len(value) > 0 and all(map(are_handles, value))


def read_handles(value: object) -> list[Handle]:
    """Return the handles in a handle, a list of them, or lists of such lists; none for None.

    Text is JSON, since a template renders to text. Raises `BadArgument` for anything else.
    """
    return list(_read(value))


def _read(value: object) -> Iterator[Handle]:
    if isinstance(value, str):
        value = _parsed(value)
    if is_handle(value):
        yield _convert(value)
    elif isinstance(value, (bytes, str)) or not isinstance(value, Sequence | None):
        raise BadArgument(f"a {type(value).__name__} is no handle of a claim or of its items")
    else:
        for part in value or ():
            yield from _read(part)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadArgument("text that is not JSON is no handle of a claim or its items") from None


def _convert(value: object) -> Handle:
    import msgspec

    try:
        return msgspec.convert(value, Handle)
    except msgspec.ValidationError as error:
        raise BadArgument(f"not a handle of a claim or its items: {error}") from None


def by_claim(handles: Iterable[Handle]) -> list[list[Handle]]:
    """Sort handles by the claim that holds their items."""
    claims: dict[tuple[str | int | None, ...], list[Handle]] = {}
    for handle in handles:
        claims.setdefault(handle.claim, []).append(handle)
    return list(claims.values())


def places(handles: Iterable[Handle]) -> list[int]:
    """Return the places that are meant; none for all of the claim, which one handle may name."""
    named = [handle.place for handle in handles]
    return [] if None in named else [place for place in named if place is not None]
