"""One item in a queue of its own, for whoever asks first, until its time is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.claimant import check_try, check_words, this_process
from redis_xcom.codec import MAX_PAYLOAD_BYTES, decode_item
from redis_xcom.connect import client_for
from redis_xcom.durability import Replicated, check_durability
from redis_xcom.errors import AlreadyClaimed, BadArgument, Superseded
from redis_xcom.keys import Keys
from redis_xcom.pushing import Pusher
from redis_xcom.replies import Claimed
from redis_xcom.scripts import Scripts
from redis_xcom.single_scripts import Holder, SingleScripts
from redis_xcom.units import SHORTEST_LEASE, milliseconds, whole_number

if TYPE_CHECKING:
    from redis import Redis

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=36_525)


@dataclass(frozen=True)
class SingleClaim:
    """The item in its holder's hands: held without renewals until its queue or its lease ends.

    :param again: this claim id held it already.
    :param taken_over: under an older incarnation, which is fenced off now.
    """

    single: Single = field(repr=False)
    claim_id: str
    incarnation: str
    generation: int
    again: bool
    taken_over: bool
    payload: Any = field(repr=False)

    def release(self, reason: str = "released") -> bool:
        """Give it back; False where somebody else has it by now, who is not disturbed."""
        return self.single.release(self.claim_id, generation=self.generation, reason=reason)


class Single:
    """A queue for one item, claimed as any other; all of its keys end at one time.

    Who claims it has it until the queue ends, or the lease if one was given: nobody renews it.
    The same claim id may ask again and has it again. It is never acknowledged: a consumer who is
    done simply keeps it, so that nobody else gets it. Building one connects to nothing.

    :param url: `redis://`, `rediss://` or `unix://`; or
    :param client: a ready redis-py client that does not decode responses.
    :param prefix: first part of every key.
    :param what: the item, for people who are refused it; by default where its keys lie.
    :param durability: `Replicated(…)` when a call shall be confirmed only once replicas have what
        it wrote.
    :param clock: tells the scripts the time in microseconds, for tests that play with it.
    :raises BadName: when a key cannot be made of the name.
    """

    def __init__(
        self,
        name: str,
        *,
        url: str | None = None,
        client: Redis | Any | None = None,
        prefix: str = "xcom-values",
        what: str | None = None,
        durability: Replicated | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.keys = Keys(name, prefix)
        self._what = what or f"{self.keys.base}…"
        how: Any = {"clock": clock, "durability": check_durability(durability)}
        self._scripts = SingleScripts(client_for(url, client), self.keys, **how)
        self._pusher = Pusher(Scripts(self._scripts.client, self.keys), max_bytes=MAX_PAYLOAD_BYTES)

    def __repr__(self) -> str:
        return f"<Single {self.keys.base}>"

    @property
    def name(self) -> str:
        return self.keys.name

    def offer(self, payload: Any, *, ttl: timedelta | None) -> bool:
        """Put the item there, unless it is or was there already: then nothing changes.

        :param ttl: from a second to a hundred years, after which the queue and every claim on it
            ends; None for never.
        :return: whether this call has put it there, or an earlier one.
        :raises BadPayload: naming the place inside the payload that JSON cannot hold.
        :raises BadArgument: when others push to a queue of this name and prefix.
        """
        ttl_ms = 0 if ttl is None else milliseconds(ttl, "ttl", least=SHORTEST, most=LONGEST)
        done = self._scripts.offer(self._pusher.envelope(payload), ttl_ms=ttl_ms)
        if done < 0:
            raise BadArgument(
                f"{self.keys.base}… is a queue of another kind: choose another name or prefix"
            )
        return done == 1

    def claim(
        self,
        claim_id: str,
        *,
        incarnation: str = "",
        owner: str | None = None,
        lease: timedelta | None = None,
    ) -> SingleClaim | None:
        """Claim the item; None where nothing was offered, or its time is over.

        :param incarnation: which try of the claim id: a greater one (as text, byte by byte) takes
            the item over and fences the smaller one off.
        :param owner: told to whoever asks later; by default host and process.
        :param lease: how long it is held from now on, unless the claim id asks again; None for as
            long as the queue lasts.
        :raises AlreadyClaimed: naming who has it.
        :raises Superseded: when a newer incarnation of the claim id has claimed.
        """
        who = check_words(owner, "owner") if owner is not None else this_process()
        lease_ms = None if lease is None else milliseconds(lease, "lease", least=SHORTEST_LEASE)
        incarnation = check_try(incarnation)
        reply = self._scripts.claim(
            check_words(claim_id, "claim_id"), incarnation=incarnation, lease_ms=lease_ms, owner=who
        )
        if isinstance(reply, Holder):
            raise self._refusal(reply, claim_id)
        return reply and self._claim_of(reply, claim_id, incarnation)

    def release(
        self,
        claim_id: str,
        *,
        incarnation: str = "",
        generation: int | None = None,
        reason: str = "released",
    ) -> bool:
        """Give the item back for the next one who asks; to repeat it changes nothing.

        :param incarnation: which try releases; what a newer one holds stays.
        :param generation: only what is held under this one; None for whatever the try may settle.
        :return: False where it is not this claim id's (any more).
        """
        if generation is not None:
            whole_number(generation, "generation", least=1, most=2**63)
        return self._scripts.release(
            check_words(claim_id, "claim_id"),
            incarnation=check_try(incarnation),
            generation=generation,
            reason=reason,
        )

    def look(self) -> Any | None:
        """Return the payload, whoever has it; None where there is none. Changes nothing."""
        seen = self._scripts.look()
        return decode_item(seen.item, MAX_PAYLOAD_BYTES).payload if seen.item else None

    def holder(self) -> Holder | None:
        """Return who has the item; None for nobody. Changes nothing."""
        return self._scripts.look().holder

    def _claim_of(self, reply: Claimed, claim_id: str, incarnation: str) -> SingleClaim:
        if reply.status == "superseded":
            raise Superseded.told(
                self.name,
                claim_id,
                reply.generation,
                f"a newer incarnation, {reply.owner}, has taken it over: this one must end",
            )
        item = decode_item(reply.items[0] or b"", MAX_PAYLOAD_BYTES)
        return SingleClaim(
            self,
            claim_id,
            incarnation,
            reply.generation,
            again=reply.places is not None,  # what is handed out anew has no places but the first
            taken_over=reply.takeovers > 0,
            payload=item.payload,
        )

    def _refusal(self, holder: Holder, claim_id: str) -> AlreadyClaimed:
        why = "nobody is known to hold it: it was taken away by hand"
        if holder.since is not None:
            why = f"held since {holder.since:%Y-%m-%d %H:%M:%S} UTC by {holder.owner}"
            why += f", as {holder.claim_id}, who alone may release it"
        if holder.doubt_ms:
            why += f"; its lease is over, ask again in {holder.doubt_ms / 1000:.1f} s"
        return AlreadyClaimed(
            f"{self._what} is not for {claim_id}: {why}",
            queue=self.name,
            claim_id=claim_id,
            generation=holder.generation,
            holder=holder.claim_id,
            owner=holder.owner,
            since=holder.since,
        )
