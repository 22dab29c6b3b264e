"""The one place that says what is sent: each script is a typed method, each reply is decoded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from redis_xcom.connect import longest_block
from redis_xcom.courier import Courier
from redis_xcom.keys import Keys
from redis_xcom.replies import (
    Claimed,
    HandedOver,
    Pushed,
    Settled,
    read_claimed,
    read_handed_over,
    read_held,
)

ALL_HELD = ""
WHATEVER_IS_LEFT = "*"
LONGEST_REASON = 500
LETTERS = {"ack": "a", "release": "r", "reject": "d"}


class Scripts(Courier):
    """The scripts of one queue, each a method."""

    def push(
        self,
        envelopes: Sequence[bytes],
        *,
        producer: str,
        number: int,
        push_id: str,
        dedup_ids: Sequence[str] | None,
        remember_ms: int,
        delay_ms: int,
        max_length: int,
        keyed: bool = False,
    ) -> Pushed:
        body: Sequence[Any] = envelopes
        if dedup_ids is not None:
            body = [part for pair in zip(dedup_ids, envelopes, strict=True) for part in pair]
        paired = int(dedup_ids is not None)
        how = (remember_ms, delay_ms, max_length, paired, int(keyed))
        reply = self._run("push", (producer, number, push_id, *how, *body))
        if reply[0] == b"full":
            return Pushed(waiting=int(reply[1]))
        return Pushed(int(reply[1]), int(reply[2]))

    def claim(
        self,
        claim_id: str,
        *,
        incarnation: str,
        after: int | None,
        ack_first: bool,
        limit: int,
        lease_ms: int,
        owner: str,
        max_deliveries: int,
        forward: Sequence[bytes] = (),
        forward_to: Keys | None = None,
    ) -> Claimed:
        follows = "" if after is None else after
        who = (claim_id, incarnation, follows, int(ack_first))
        what = (limit, lease_ms, _json_string(owner), max_deliveries)
        reply = self._run("claim", (*who, *what, *forward), forward_to)
        return read_claimed(reply)

    def settle(
        self,
        claim_id: str,
        *,
        generation: int,
        action: str,
        places: Iterable[int] | None,
        delay_ms: int = 0,
        failed: bool = False,
        reason: str = "",
        max_deliveries: int = 0,
        left: bool = False,
        forward: Sequence[bytes] = (),
        forward_to: Keys | None = None,
    ) -> Settled:
        chosen = WHATEVER_IS_LEFT if left else _chosen(places)
        what = (claim_id, generation, LETTERS[action], chosen)
        how = (delay_ms, int(failed), reason_text(reason), max_deliveries)
        return Settled(*self._run("settle", (*what, *how, *forward), forward_to))

    def extend(self, claim_id: str, *, generation: int, lease_ms: int) -> bool:
        return bool(self._run("extend", (claim_id, generation, lease_ms)) == 1)

    def hand_over(
        self,
        claim_id: str,
        *,
        generation: int,
        places: Iterable[int] | None,
        to: str,
        incarnation: str,
        lease_ms: int,
        owner: str,
        max_deliveries: int,
    ) -> HandedOver:
        what = (claim_id, generation, _chosen(places))
        whose = (to, incarnation, lease_ms, _json_string(owner), max_deliveries)
        return read_handed_over(self._run("hand_over", (*what, *whose)))

    def held(self, claim_id: str, *, generation: int, places: Iterable[int] | None) -> Claimed:
        request = (claim_id, generation, _chosen(places))
        return read_held(generation, self._ask(self.client, "held", request))

    def redrive(self, ids: Sequence[str], *, limit: int, until_ms: str) -> tuple[int, str, int]:
        redriven, until, looked_at = self._run("redrive", (limit, until_ms, *ids))
        return redriven, str(until), looked_at

    def purge(self, *, dead: bool) -> int:
        return int(self._run("purge", (int(dead),)))

    def restore(self, orphans: Sequence[str]) -> int:
        """Put back what lies in fields of `claimed` that no claim's record stands for."""
        return int(self._run("restore", orphans))

    def free(self, turns: Sequence[str]) -> int:
        """Have the next of each key go; `turns` are keys, each before the id that has its turn."""
        return int(self._run("free", turns))

    def stats(self) -> list[Any]:
        reply: list[Any] = self._ask(self.client, "stats", ())
        return reply

    def outlook(self, *, quiet_ms: int) -> list[int]:
        reply: list[int] = self._ask(self.client, "outlook", (quiet_ms,))
        return reply

    def silent(self, *, quiet_ms: int, seen: int) -> list[Any]:
        reply: list[Any] = self._ask(self.client, "silent", (quiet_ms, seen))
        return reply

    def peek(self, limit: int) -> list[bytes]:
        items: list[bytes] = self._send("LRANGE", self.keys.part("ready"), 0, limit - 1)
        return items

    def dead(self, limit: int) -> list[tuple[bytes, bytes]]:
        """Return ids and letters, oldest first."""
        ids = self._send("ZRANGE", self.keys.part("died"), 0, limit - 1)
        letters = self._send("HMGET", self.keys.part("dead"), *ids) if ids else []
        return [(i, letter) for i, letter in zip(ids, letters, strict=True) if letter is not None]

    def pause(self) -> None:
        self._run("pause", (1,))

    def resume(self) -> None:
        self._run("pause", (0,))

    def limit(self, max_claimed: int | None) -> None:
        self._run("limit", ("" if max_claimed is None else max_claimed,))

    def await_ready(self, seconds: float) -> bool:
        """Block until the list has an item, which stays: its head moves onto itself."""
        ready = self.keys.part("ready")
        block = round(min(seconds, longest_block(self.client)), 3)
        # To the server 0 seconds are for ever.
        return self._send("BLMOVE", ready, ready, "LEFT", "LEFT", max(block, 0.001)) is not None


def _chosen(places: Iterable[int] | None) -> str:
    return ALL_HELD if places is None else " ".join(map(str, places))


def reason_text(reason: str) -> str:
    """Return the reason as a JSON string: cut, and half a character (of a name) spelt out."""
    whole = reason.encode("utf-8", "backslashreplace").decode()
    return _json_string(whole[:LONGEST_REASON])


@lru_cache(maxsize=64)
def _json_string(text: str) -> str:
    return json.dumps(text)
