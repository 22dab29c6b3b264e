"""The queue: what producers, consumers and operators of the system see of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.claim import Claim
from redis_xcom.claiming import MOST_AT_ONCE, Claimer
from redis_xcom.codec import MAX_PAYLOAD_BYTES, look_at
from redis_xcom.connect import client_for
from redis_xcom.drain import Drain
from redis_xcom.durability import Replicated, check_durability
from redis_xcom.item import DeadItem, Item
from redis_xcom.keys import Keys
from redis_xcom.letters import DeadLetters
from redis_xcom.outlook import QUIET, Outlook, read_outlook
from redis_xcom.patience import Patience
from redis_xcom.pushing import Pusher, PushResult, Terms
from redis_xcom.scripts import Scripts
from redis_xcom.silent import SilentClaim, find_silent
from redis_xcom.stats import Stats, read_stats
from redis_xcom.units import milliseconds, whole_number

if TYPE_CHECKING:
    from redis import Redis

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)


class Queue:
    """A named list of items, each claimed by at most one claimant at a time.

    Building it connects to nothing. It may be shared between threads; a process that forks
    builds its own.

    :param url: `redis://`, `rediss://` or `unix://`; or
    :param client: a ready redis-py client that does not decode responses.
    :param prefix: first part of every key.
    :param tag: hash tag to share with other queues, so that results can be forwarded between
        them on a Cluster; by default the name.
    :param max_deliveries: an item that comes back after so many goes to the dead letters; None
        for no bound.
    :param max_payload_bytes: larger payloads are refused at push and rejected at claim.
    :param durability: `Replicated(…)` when a call shall be confirmed only once replicas have what
        it wrote; None for as soon as the server has it. Of a drain with `forward_to`, that of
        the queue that is drained.
    :param clock: tells the scripts the time in microseconds, for tests that play with it; None
        for the server's own.
    :raises BadName: when a key cannot be made of the name.
    """

    def __init__(
        self,
        name: str,
        *,
        url: str | None = None,
        client: Redis | Any | None = None,
        prefix: str = "xcom",
        tag: str | None = None,
        max_deliveries: int | None = 10,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        durability: Replicated | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.keys = Keys(name, prefix, tag)
        self._owns_client = client is None
        self._client = client_for(url, client)
        self._scripts = Scripts(
            self._client, self.keys, clock=clock, durability=check_durability(durability)
        )
        self._max_bytes = whole_number(max_payload_bytes, "max_payload_bytes", least=1, most=2**29)
        self._pusher = Pusher(self._scripts, max_bytes=self._max_bytes)
        self._claimer = Claimer(
            self._scripts, max_deliveries=max_deliveries, max_bytes=self._max_bytes
        )
        self._dead_letters = DeadLetters(self._scripts, max_bytes=self._max_bytes)

    def __repr__(self) -> str:
        return f"<Queue {self.keys.base}>"

    @property
    def name(self) -> str:
        return self.keys.name

    def push(
        self,
        payload: Any,
        *,
        push_id: str | None = None,
        dedup_id: str | None = None,
        delay: timedelta | None = None,
        max_length: int | None = None,
        by: str | None = None,
        remember: timedelta = ONE_DAY,
    ) -> PushResult:
        """Add one item. See `push_many` for the options."""
        ids = None if dedup_id is None else [dedup_id]
        terms = Terms(push_id, ids, delay, max_length, by, remember)
        return self._pusher.push([payload], terms, where="payload")

    def push_many(
        self,
        payloads: Iterable[Any],
        *,
        push_id: str | None = None,
        dedup_ids: Sequence[str] | None = None,
        delay: timedelta | None = None,
        max_length: int | None = None,
        by: str | None = None,
        remember: timedelta = ONE_DAY,
    ) -> PushResult:
        """Add items, in order. All payloads are checked before the first one is sent.

        Repeating a push whose reply was lost adds nothing twice; to repeat it from another
        process, or after an error, give it a push id.

        :param push_id: a push with the same id and the same payloads adds only what is missing.
        :param dedup_ids: one for each payload; an id that was pushed before is left out.
        :param delay: not to be claimed before that has passed.
        :param max_length: most items that may wait, ready or delayed; a push that would pass it
            adds nothing and raises `QueueFull`.
        :param by: who pushes; kept with each item.
        :param remember: how long push and deduplication ids are kept.
        :raises BadPayload: naming the place inside the payload that JSON cannot hold.
        :raises QueueFull: the bound, or the server's memory, is reached.
        """
        terms = Terms(push_id, dedup_ids, delay, max_length, by, remember)
        return self._pusher.push(payloads, terms, where="payloads")

    def claim(
        self,
        limit: int = 1,
        *,
        lease: timedelta = ONE_MINUTE,
        claim_id: str | None = None,
        incarnation: str | None = None,
        owner: str | None = None,
        wait: timedelta | None = None,
    ) -> Claim:
        """Claim up to `limit` items, oldest first; an empty claim when none is ready.

        :param lease: after so much silence the items are given to others; at least a second.
        :param claim_id: who claims. The same id gets the same items again until they are settled.
        :param incarnation: which try of it: a greater one (as text, byte by byte) takes the
            items over and fences the smaller one off.
        :param owner: shown to whoever looks into the queue; by default host and process.
        :param wait: how long to wait for the first item; None returns at once.
        :raises Superseded: when a newer incarnation of the claim id has claimed.
        """
        return self._claimer.claim(
            limit,
            lease=lease,
            claim_id=claim_id,
            incarnation=incarnation,
            owner=owner,
            wait=wait,
        )

    def drain(
        self,
        batch: int = 100,
        *,
        lease: timedelta = ONE_MINUTE,
        idle: timedelta = timedelta(0),
        max_items: int | None = None,
        owner: str | None = None,
        forward_to: Queue | None = None,
    ) -> Drain:
        """Return an iterable over the items until none is left; see `Drain`.

        :param idle: how long to wait for more once the queue is empty. Leases in doubt are
            waited for in any case, a third of a lease at most.
        :param max_items: end after so many.
        :param forward_to: the queue that `Drain.forward` pushes to, on the same server; on a
            Cluster both need the same tag.
        """
        return self._claimer.drain(
            batch,
            lease=lease,
            idle=idle,
            max_items=max_items,
            owner=owner,
            forward_keys=forward_to.keys if forward_to else None,
            forward_pusher=forward_to._pusher if forward_to else None,  # noqa: SLF001 (a Queue too)
        )

    def wait(self, timeout: timedelta) -> bool:
        """True once an item lies ready, False after the timeout. Takes nothing."""
        patience = Patience(self._scripts, milliseconds(timeout, "timeout") / 1000)
        return patience.until_ready()

    def stats(self) -> Stats:
        return read_stats(self._scripts.stats())

    def outlook(self, quiet: timedelta = QUIET) -> Outlook:
        """Look at what could be claimed now, and by whom the rest is held. Takes nothing.

        :param quiet: a claim not renewed for so long counts as silent.
        """
        return read_outlook(self._scripts.outlook(quiet_ms=milliseconds(quiet, "quiet")))

    def silent(self, quiet: timedelta, *, limit: int = 100) -> list[SilentClaim]:
        """Return claims that nobody has renewed for so long, or whose lease ran out. Takes nothing.

        :param limit: at most so many, those whose leases end first.
        """
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        found = find_silent(self._scripts, milliseconds(quiet, "quiet"))
        return list(itertools.islice(found, limit))

    def peek(self, limit: int = 10) -> list[Item]:
        """Return the first ready items, which stay where they are; what is no item is left out."""
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        raws = self._scripts.peek(limit)
        return [item for raw in raws if (item := look_at(raw, max_bytes=self._max_bytes))]

    def dead(self, limit: int = 10) -> list[DeadItem]:
        """Return the dead letters, those that died first in front."""
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        return self._dead_letters.oldest(limit)

    def redrive(self, ids: Sequence[str] | None = None, *, limit: int | None = None) -> int:
        """Put dead letters back to the end of the queue, their counts at zero.

        :param ids: only these; by default all that are dead by now, oldest first.
        :param limit: at most so many.
        :return: how many went back.
        """
        return self._dead_letters.redrive(ids, limit)

    def pause(self) -> None:
        """Hand out nothing until `resume`; pushes are taken, claims in hand are settled as ever."""
        self._scripts.pause()

    def resume(self) -> None:
        self._scripts.resume()

    def purge(self, *, dead: bool = False) -> int:
        """Delete what is ready or delayed, on request the dead letters; return how many.

        What is claimed stays with its claimants.
        """
        return self._scripts.purge(dead=dead)

    def close(self) -> None:
        """Close the connections that this queue opened itself."""
        if self._owns_client:
            self._client.close()
