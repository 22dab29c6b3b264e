"""Hostile bytes all the way: pushed by anyone, claimed in batches, handed out or buried."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lab.fuzz.target import Target, must
from lab.fuzz.targets.envelopes import Envelopes
from lab.fuzz.targets.payloads import GOOD, Payloads
from redis_xcom import Queue
from redis_xcom.embedded import EmbeddedServer

if TYPE_CHECKING:
    from random import Random

    from redis_xcom import Claim

BREAK = b"\n---\n"
TWICE = 2


class WholePath(Target):
    """Several values at once on a real server: each one is an item or a dead letter, once."""

    name = "whole_path"
    share = 2
    tokens = (*Payloads.tokens, BREAK, BREAK)
    seeds = (BREAK.join(Payloads.seeds), BREAK.join(Envelopes.seeds), b"1" + BREAK + b"2")

    def __init__(self) -> None:
        self._server = EmbeddedServer(server=self.server, settings={"appendonly": "no"}).start()
        self._client: Any = self._server.client()
        self._queue = Queue("orders", client=self._client, max_deliveries=TWICE)
        self._ready = self._queue.keys.part("ready")

    def close(self) -> None:
        self._client.close()
        self._server.remove()

    def make(self, random: Random) -> bytes:
        kinds = (Payloads, Envelopes)
        makers = [random.choice(kinds) for _ in range(random.randrange(1, 9))]
        return BREAK.join(kind.make(self, random) for kind in makers)

    def check(self, data: bytes) -> str:
        self._client.flushdb()
        values = [GOOD, *data.split(BREAK), GOOD]
        self._client.rpush(self._ready, *values)
        delivered = [self._claim_all(len(values), again=True), self._claim_all(3, again=False)]
        stats = self._queue.stats()
        must((stats.ready, stats.claimed, stats.delayed) == (0, 0, 0), "something is left")
        must(delivered[1] + stats.dead == len(values), "lost, or there twice")
        must(stats.acked + stats.dead == len(values), "settled otherwise")
        self._letters(stats.dead)
        return f"{min(stats.dead, 4)} of {min(len(values), 6)}"

    def _claim_all(self, limit: int, *, again: bool) -> int:
        """Claim until nothing is left; `again`: give it all back once."""
        handed = 0
        while claim := self._queue.claim(limit):
            handed += len(claim)
            self._look_at(claim)
            if again:
                claim.release()
                return handed
            claim.ack()
        return handed

    def _look_at(self, claim: Claim) -> None:
        for item in claim:
            must(isinstance(item.deliveries, int), "no count")

    def _letters(self, amount: int) -> None:
        letters = self._queue.dead(limit=4_096)
        must(len(letters) == amount, "a letter is not to be found")
        for letter in letters:
            must(re.fullmatch(r".{1,600}", letter.reason, re.DOTALL), "without a reason")
        must(self._queue.redrive() == amount, "a letter cannot be redriven")
        stats = self._queue.stats()
        must(stats.ready + stats.waiting == amount, "a redriven letter is nowhere")
