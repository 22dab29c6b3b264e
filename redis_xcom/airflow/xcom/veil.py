"""Keeps what a task has opened out of what Airflow writes down by itself.

Rendered fields lie in the metadata database and logs in files: a sealed value that is an argument
of its consumer, or part of a template, would lie there in the clear.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from numbers import Number
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.compat import mask_secret, secrets_masker
from redis_xcom.airflow.xcom.reader import current_reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis_xcom.airflow.xcom.reader import Reader

HIDDEN = "*** (made with an encrypted XCom)"
SHORTEST = 5
SHORTEST_NUMBER = 8
"""Shorter ones are in half of all lines: a status, a port."""

MOST = 100
MOST_LOOKED_AT = 1_000
MOST_CHARACTERS = 10_000
"""Airflow compiles a pattern of all masks for each new one: these take a third of a second, twice
as many strings four times as long."""

_masked: set[str] = set()


def cover(value: Any) -> None:
    """Hide the rendered fields of this process's task, and mask the value in its log."""
    if (reader := current_reader()) is not None:
        _hide_rendered_fields(reader)
    _mask(value)


def _hide_rendered_fields(reader: Reader) -> None:
    masker = secrets_masker()
    if not isinstance(masker.redact, _Redact):
        masker.redact = _Redact(masker.redact)
    masker.redact.hidden.add(reader)


class _Redact:
    """The masker's own, but for the rendered fields of a task that has opened something.

    Numbers, the keys of dicts and what is masked no more would be left in them otherwise.
    """

    def __init__(self, redact: Callable[..., Any]) -> None:
        self._redact = redact
        self.hidden: set[Reader] = set()

    def __call__(self, item: Any, name: str | None = None, *args: Any, **options: Any) -> Any:
        if name is not None and current_reader() in self.hidden:  # only fields have a name
            return HIDDEN
        return self._redact(item, name, *args, **options)


def _mask(value: Any) -> None:
    """Have Airflow put three stars for its strings, as far as there is room for them."""
    room = MOST_CHARACTERS - sum(map(len, _masked))
    fresh: set[str] = set()
    for text in islice(_texts(value), MOST_LOOKED_AT):
        if len(text) <= room and len(_masked | fresh) < MOST and text not in _masked | fresh:
            fresh.add(text)
            room -= len(text)
    _masked.update(fresh)
    if fresh:
        mask_secret(sorted(fresh, key=len))  # short ones first: the pattern grows late


def _texts(value: Any) -> Iterator[str]:
    """Yield what is worth a mask in it, and as it looks within quotes."""
    if isinstance(value, str):
        if SHORTEST <= len(value) <= MOST_CHARACTERS:
            yield from dict.fromkeys([value, repr(value)[1:-1], json.dumps(value)[1:-1]])
    elif isinstance(value, Number):
        if len(str(value)) >= SHORTEST_NUMBER:
            yield str(value)
    else:
        for part in _parts(value):
            yield from _texts(part)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()
