"""Taking over what handles name, into a claim of the task's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis_xcom.errors import BadArgument, ClaimHeld, ClaimLost

from .handles import by_claim, is_handle, places, read_handles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis_xcom import Claim, Queue

    from .handles import Handle


class Taken:
    """A task's own claim on what it was handed, and the payload that each handle stands for."""

    def __init__(self, claim: Claim, handles: Sequence[Handle]) -> None:
        self.claim = claim
        # Handed over in the order of their places, the items stand in the claim from 1 on.
        order = sorted(set(places(handles)))
        self._at = {order[claim.place_of(i) - 1]: i.payload for i in claim.items} if order else {}

    def filled(self, value: Any) -> Any:
        """Return a handle's payload, a list of them for a whole claim or a list of handles.

        What an earlier try has settled by itself is left out of a list.
        """
        if not is_handle(value):
            return [self.filled(part) for part in value if not self._is_settled(part)]
        handle = read_handles(value)[0]
        if handle.place is None:
            return self.claim.payloads
        if handle.place not in self._at:
            raise lost(handle, "it is among the dead letters, or was settled by an earlier try")
        return self._at[handle.place]

    def _is_settled(self, part: Any) -> bool:
        return is_handle(part) and part.get("place") not in {None, *self._at}


def one_claim(handles: Sequence[Handle]) -> list[Handle]:
    """Return the handles, or raise `BadArgument` unless there are some, and of a single claim."""
    claims = by_claim(handles)
    if not claims:
        raise BadArgument("nothing to take over: give the handle of an item, or of a claim")
    if len(claims) > 1:
        raise BadArgument(
            f"handles of {len(claims)} claims: one task takes over from one claim, map over them"
        )
    return claims[0]


def take_over(queue: Queue, handles: Sequence[Handle], **who: Any) -> Taken:
    """Make what the handles name a claim of this task; an earlier try's is taken over.

    Raises what fails a task for good when it is not held there any more: whoever has it now, or
    has settled it, must not be disturbed.
    """
    first = handles[0]
    given = queue.handle(first.claim_id, first.generation)
    try:
        try:
            given.hand_over(*places(handles), **who)
        except ClaimHeld:
            # What this task was handed before its run, or the claim, was cleared.
            queue.claim(0, **who).release()
            given.hand_over(*places(handles), **who)
    except ClaimLost as error:
        raise lost(first, "it was settled, or went back to its queue") from error
    claim = queue.claim(0, **who)
    if not claim:
        raise lost(first, "this task has settled it already")
    return Taken(claim, handles)


def lost(handle: Handle, why: str) -> BaseException:
    """Return what ends a task that has nothing to work on; another try would find no more."""
    from redis_xcom.airflow.compat import fail_for_good

    return fail_for_good(f"Nothing was done. Not held any more: {handle}; {why}")
