"""From payloads to pushes: checked whole before the first byte is sent, sent in bounded parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis_xcom.claimant import check_words
from redis_xcom.codec import encode_payload, envelope
from redis_xcom.errors import BadArgument, QueueFull
from redis_xcom.producer import Producer
from redis_xcom.scripts import Scripts
from redis_xcom.units import milliseconds, whole_number
from redis_xcom.wording import shown

PART_ITEMS = 1_000
PART_BYTES = 1_048_576
BOUNDED_ITEMS = 100_000
BOUNDED_BYTES = 67_108_864


@dataclass(frozen=True)
class PushResult:
    """What became of a push."""

    pushed: int
    repeated: int  # were pushed before under the same push id or deduplication id


@dataclass(frozen=True)
class Terms:
    """How a push is to be taken, as its caller said it."""

    push_id: str | None = None
    dedup_ids: Sequence[str] | None = None
    delay: timedelta | None = None
    max_length: int | None = None
    by: str | None = None
    remember: timedelta = timedelta(days=1)
    ordering_keys: Sequence[str | None] | None = None


class Pusher:
    """Pushes to one queue."""

    def __init__(self, scripts: Scripts, *, max_bytes: int) -> None:
        self._scripts = scripts
        self._max_bytes = max_bytes
        self._producer = Producer()

    def push(self, payloads: Iterable[Any], terms: Terms, *, where: str) -> PushResult:
        options = self._options(terms)
        encoded = self._encode(payloads, where=where)
        dedup_ids = _checked_ids(terms.dedup_ids, len(encoded))
        keys = _checked_keys(terms, len(encoded))
        bounded = terms.max_length is not None
        cuts = [_whole(encoded)] if bounded and encoded else _parts(encoded)
        envelopes = self.envelopes(encoded, by=terms.by, keys=keys)
        options["keyed"] = any(keys)
        pushed = repeated = 0
        for number, part in enumerate(cuts):
            ids = dedup_ids[part] if dedup_ids is not None else None
            reply = self._send(envelopes[part], ids, terms.push_id, number, options)
            pushed, repeated = pushed + reply[0], repeated + reply[1]
        return PushResult(pushed, repeated)

    def envelope(self, payload: Any, *, ordering_key: str | None = None) -> bytes:
        """Return one payload as an item."""
        encoded = encode_payload(payload, max_bytes=self._max_bytes)
        return self.envelopes([encoded], keys=[_checked_key(ordering_key)])[0]

    def envelopes(
        self, encoded: Sequence[bytes], *, by: str | None = None, keys: Sequence[str] = ()
    ) -> list[bytes]:
        who = check_words(by, "by") if by else ""
        ids = self._producer.item_ids()
        if not any(keys):
            return [envelope(next(ids), data, by=who) for data in encoded]
        pairs = zip(encoded, keys, strict=True)
        return [envelope(next(ids), data, ordering_key=key, by=who) for data, key in pairs]

    def _encode(self, payloads: Iterable[Any], *, where: str) -> list[bytes]:
        """Return the payloads as JSON; a bad one raises before anything has been sent."""
        if isinstance(payloads, (str, bytes, dict)):
            raise BadArgument(f"payloads is a {type(payloads).__name__}: give a list of payloads")
        name = where if where == "payload" else where + "[{}]"
        bound = self._max_bytes
        return [
            encode_payload(payload, max_bytes=bound, where=name.format(i))
            for i, payload in enumerate(payloads)
        ]

    def _send(
        self,
        envelopes: Sequence[bytes],
        dedup_ids: Sequence[str] | None,
        push_id: str | None,
        part: int,
        options: dict[str, Any],
    ) -> tuple[int, int]:
        # No push id holds a backslash, so no part is taken for another push.
        own_id = f"{push_id}\\{part}" if push_id and part else push_id or ""
        reply = self._scripts.push(
            envelopes,
            producer=self._producer.name,
            number=self._producer.next_number(),
            push_id=own_id,
            dedup_ids=dedup_ids,
            **options,
        )
        if reply.waiting is not None:
            raise QueueFull(
                f"queue {self._scripts.keys.name!r}: {reply.waiting} items wait, {len(envelopes)} "
                f"more would pass max_length {options['max_length']}: nothing was added"
            )
        if push_id is None and dedup_ids is None:
            return len(envelopes), 0  # what was there before came from a lost reply to this push
        return reply.added, reply.repeated

    def _options(self, terms: Terms) -> dict[str, Any]:
        if terms.push_id is not None:
            check_words(terms.push_id, "push_id")
        most = 2**53
        bound = terms.max_length
        return {
            "delay_ms": 0 if terms.delay is None else milliseconds(terms.delay, "delay"),
            "remember_ms": milliseconds(terms.remember, "remember"),
            "max_length": 0
            if bound is None
            else whole_number(bound, "max_length", least=1, most=most),
        }


def _checked_ids(ids: Sequence[str] | None, wanted: int) -> Sequence[str] | None:
    if ids is None:
        return None
    if len(ids) != wanted:
        raise BadArgument(f"dedup_ids has {len(ids)} entries for {wanted} payloads")
    return [check_words(i, "deduplication id") for i in ids]


def _checked_keys(terms: Terms, wanted: int) -> Sequence[str]:
    keys = terms.ordering_keys
    if keys is None:
        return ()
    if isinstance(keys, str) or len(keys) != wanted:
        given = f"is {shown(keys)}" if isinstance(keys, str) else f"has {len(keys)} entries"
        raise BadArgument(f"ordering_keys {given}: give a list, one for each of {wanted} payloads")
    if terms.delay and any(keys):
        raise BadArgument("delay and ordering_key contradict each other: push without one of them")
    return [_checked_key(key) for key in keys]


def _checked_key(key: str | None) -> str:
    return "" if key is None else check_words(key, "ordering_key")


def _whole(encoded: Sequence[bytes]) -> slice:
    """All in one step, so that a bound is kept and a refused push adds nothing."""
    size = sum(map(len, encoded))
    if len(encoded) > BOUNDED_ITEMS or size > BOUNDED_BYTES:
        raise BadArgument(
            f"{len(encoded)} payloads of {size} bytes are too many for one step, which max_length "
            f"needs (at most {BOUNDED_ITEMS} payloads, {BOUNDED_BYTES} bytes): push in parts or "
            "drop max_length"
        )
    return slice(0, len(encoded))


def _parts(encoded: Sequence[bytes]) -> list[slice]:
    """Cut by number and size: the same payloads give the same parts, and so the same push ids."""
    starts, size = [0], 0
    for place, data in enumerate(encoded):
        if place > starts[-1] and (
            place - starts[-1] == PART_ITEMS or size + len(data) > PART_BYTES
        ):
            starts.append(place)
            size = 0
        size += len(data)
    ends = [*starts[1:], len(encoded)]
    return [slice(*cut) for cut in zip(starts, ends, strict=True)] if encoded else []
