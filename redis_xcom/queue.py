"""The queue: what producers, consumers and operators of the system see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.claim import Claim
from redis_xcom.claiming import Claimer
from redis_xcom.codec import MAX_PAYLOAD_BYTES
from redis_xcom.connect import client_for
from redis_xcom.drain import Drain
from redis_xcom.durability import Replicated, check_durability
from redis_xcom.handle import ClaimHandle
from redis_xcom.keys import Keys
from redis_xcom.oversight import Oversight
from redis_xcom.pushing import Pusher, PushResult, Terms
from redis_xcom.scripts import Scripts
from redis_xcom.units import whole_number

if TYPE_CHECKING:
    from redis import Redis

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)


class Queue(Oversight):
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
    :param alive: asked before each renewal of a lease. Once it says False nothing is renewed any
        more, and whoever works on a claim of this queue is told `ClaimLost`.
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
        alive: Callable[[], bool] | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.keys = Keys(name, prefix, tag)
        self._owns_client = client is None
        self._client = client_for(url, client)
        super().__init__(
            Scripts(self._client, self.keys, clock=clock, durability=check_durability(durability)),
            max_bytes=whole_number(max_payload_bytes, "max_payload_bytes", least=1, most=2**29),
        )
        self._pusher = Pusher(self._scripts, max_bytes=self._max_bytes)
        self._claimer = Claimer(
            self._scripts,
            max_deliveries=max_deliveries,
            max_bytes=self._max_bytes,
            alive=alive,
        )

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
        ordering_key: str | None = None,
        delay: timedelta | None = None,
        max_length: int | None = None,
        by: str | None = None,
        remember: timedelta = ONE_DAY,
    ) -> PushResult:
        """Add one item. See `push_many` for the options."""
        ids = None if dedup_id is None else [dedup_id]
        keys = None if ordering_key is None else [ordering_key]
        terms = Terms(push_id, ids, delay, max_length, by, remember, keys)
        return self._pusher.push([payload], terms, where="payload")

    def push_many(
        self,
        payloads: Iterable[Any],
        *,
        push_id: str | None = None,
        dedup_ids: Sequence[str] | None = None,
        ordering_keys: Sequence[str | None] | None = None,
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
        :param ordering_keys: one for each payload, or None: of the items with one key only the
            first is claimed, the next once that one is acked or dead, in the order of the push.
        :param delay: not to be claimed before that has passed; not together with ordering keys.
        :param max_length: most items that may wait; a push that would pass it
            adds nothing and raises `QueueFull`.
        :param by: who pushes; kept with each item.
        :param remember: how long push and deduplication ids are kept.
        :raises BadPayload: naming the place inside the payload that JSON cannot hold.
        :raises QueueFull: the bound, or the server's memory, is reached.
        """
        terms = Terms(push_id, dedup_ids, delay, max_length, by, remember, ordering_keys)
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

        :param limit: 0, together with a claim id, gets hold of what that id has already.
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
        claim_id: str | None = None,
        incarnation: str | None = None,
        forward_to: Queue | None = None,
    ) -> Drain:
        """Return an iterable over the items until none is left; see `Drain`.

        :param idle: how long to wait for more once the queue is empty. Leases in doubt are
            waited for in any case, a third of a lease at most.
        :param max_items: end after so many.
        :param claim_id: who claims, and which try of it, as in `claim`: the first items are those
            that an older incarnation held, and they count for `max_items`.
        :param forward_to: the queue that `Drain.forward` pushes to, on the same server; on a
            Cluster both need the same tag.
        """
        return self._claimer.drain(
            batch,
            lease=lease,
            idle=idle,
            max_items=max_items,
            owner=owner,
            claim_id=claim_id,
            incarnation=incarnation,
            forward_keys=forward_to.keys if forward_to else None,
            forward_pusher=forward_to._pusher if forward_to else None,  # noqa: SLF001 (a Queue too)
        )

    def handle(self, claim_id: str, generation: int) -> ClaimHandle:
        """Return a claim that was made elsewhere, to be settled here; asks nobody."""
        return self._claimer.handle(claim_id, generation)

    def close(self) -> None:
        """Close the connections that this queue opened itself."""
        if self._owns_client:
            self._client.close()
