"""The queue: what producers, consumers and operators of the system see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.claim import Claim, Holder
from redis_xcom.claimant import Claimant, Claimants, check_words, this_process
from redis_xcom.codec import MAX_PAYLOAD_BYTES, look_at
from redis_xcom.connect import check_client, check_url, connect
from redis_xcom.drain import Drain
from redis_xcom.errors import BadArgument, ClaimLost
from redis_xcom.heartbeat import Heartbeat
from redis_xcom.item import DeadItem, Item
from redis_xcom.keys import Keys
from redis_xcom.letters import read_letter
from redis_xcom.patience import Patience
from redis_xcom.pushing import Pusher, PushResult, Terms
from redis_xcom.request import request
from redis_xcom.scripts import Scripts
from redis_xcom.stats import Stats, read_stats
from redis_xcom.units import SHORTEST_LEASE, milliseconds, whole_number

if TYPE_CHECKING:
    from redis import Redis

MOST_AT_ONCE = 4_096
REDRIVE_STEP = 100
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
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.keys = Keys(name, prefix, tag)
        self._owns_client = client is None
        self._client = _client(url, client)
        self._scripts = Scripts(self._client, self.keys, clock=clock)
        most = max_deliveries
        self._max_deliveries = (
            0 if most is None else whole_number(most, "max_deliveries", least=1, most=10**9)
        )
        self._max_bytes = whole_number(max_payload_bytes, "max_payload_bytes", least=1, most=2**29)
        self._pusher = Pusher(self._scripts, max_bytes=self._max_bytes)
        self._claimants = Claimants()
        self._heartbeat = Heartbeat()

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
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        patience_s = milliseconds(wait, "wait") / 1000 if wait is not None else 0.0
        holder = self._holder(self._claimant(claim_id, incarnation), lease, owner)
        claim = None
        try:
            claim = self._request(holder, limit)
            patience = Patience(self._scripts, patience_s)
            while not claim and patience.outlasts(claim.reply):
                claim = self._request(holder, limit)
        finally:
            if not claim:
                holder.leave()
        return claim

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
        whole_number(batch, "batch", least=1, most=MOST_AT_ONCE)
        milliseconds(idle, "idle")
        if max_items is not None:
            whole_number(max_items, "max_items", least=1, most=2**53)
        holder = self._holder(Claimant("its loop's own"), lease, owner)
        holder.claimants = None
        return Drain(
            holder,
            batch=batch,
            idle=idle,
            max_items=max_items,
            max_bytes=self._max_bytes,
            claimants=self._claimants,
            forward_keys=forward_to.keys if forward_to else None,
            forward_pusher=forward_to._pusher if forward_to else None,  # noqa: SLF001 (a Queue too)
        )

    def wait(self, timeout: timedelta) -> bool:
        """True once an item lies ready, False after the timeout. Takes nothing."""
        patience = Patience(self._scripts, milliseconds(timeout, "timeout") / 1000)
        return patience.until_ready()

    def stats(self) -> Stats:
        return read_stats(self._scripts.stats())

    def peek(self, limit: int = 10) -> list[Item]:
        """Return the first ready items, which stay where they are; what is no item is left out."""
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        raws = self._scripts.peek(limit)
        return [item for raw in raws if (item := look_at(raw, max_bytes=self._max_bytes))]

    def dead(self, limit: int = 10) -> list[DeadItem]:
        """Return the dead letters, those that died first in front."""
        whole_number(limit, "limit", least=1, most=MOST_AT_ONCE)
        letters = self._scripts.dead(limit)
        return [read_letter(i, letter, max_bytes=self._max_bytes) for i, letter in letters]

    def redrive(self, ids: Sequence[str] | None = None, *, limit: int | None = None) -> int:
        """Put dead letters back to the end of the queue, their counts at zero.

        :param ids: only these; by default all that are dead by now, oldest first.
        :param limit: at most so many.
        :return: how many went back.
        """
        most = 2**53 if limit is None else whole_number(limit, "limit", least=1, most=2**53)
        if isinstance(ids, str):
            raise BadArgument(f"ids is {ids!r}: give a list of ids")
        if ids is not None:
            return self._redrive_ids(ids, most)
        redriven, until_ms, looked_at = 0, "", 1
        while looked_at and redriven < most:
            step = min(REDRIVE_STEP, most - redriven)
            done, until_ms, looked_at = self._scripts.redrive([], limit=step, until_ms=until_ms)
            redriven += done
        return redriven

    def _redrive_ids(self, ids: Sequence[str], most: int) -> int:
        redriven, rest = 0, list(ids)
        while rest and redriven < most:
            step = rest[: min(REDRIVE_STEP, most - redriven)]
            rest = rest[len(step) :]
            redriven += self._scripts.redrive(step, limit=len(step), until_ms="")[0]
        return redriven

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

    def _claimant(self, claim_id: str | None, incarnation: str | None) -> Claimant:
        if claim_id is None:
            if incarnation is not None:
                raise BadArgument("incarnation needs a claim_id")
            return self._claimants.acquire()
        try_ = check_words(incarnation, "incarnation") if incarnation else ""
        return Claimant(check_words(claim_id, "claim_id"), try_, after=None)

    def _request(self, holder: Holder, limit: int) -> Claim:
        while True:
            try:
                return request(holder, limit=limit, max_bytes=self._max_bytes)
            except ClaimLost:
                if holder.claimant.after is None:
                    raise
                # What this id settled last is not known for sure: another one has no past.
                holder.claimant = self._claimants.acquire()

    def _holder(self, claimant: Claimant, lease: timedelta, owner: str | None) -> Holder:
        return Holder(
            scripts=self._scripts,
            lifeline=self._scripts,
            claimant=claimant,
            claimants=self._claimants,
            heartbeat=self._heartbeat,
            owner=check_words(owner, "owner") if owner is not None else this_process(),
            lease_ms=milliseconds(lease, "lease", least=SHORTEST_LEASE),
            max_deliveries=self._max_deliveries,
        )


def _client(url: str | None, client: Any | None) -> Any:
    if (url is None) == (client is None):
        raise BadArgument("give a url or a ready client, one of the two")
    if client is not None:
        return check_client(client)
    check_url(url)
    return connect(str(url))
