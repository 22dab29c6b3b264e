"""The rules for claims: generations grow, takeovers are by newer tries, only holders renew."""

from __future__ import annotations

from lab.history.call import Call
from lab.history.holdings import Claim, Record


def judge_claim(call: Call, claim: Claim, before: Record | None, after: Record | None) -> None:
    items = call.holdings.items[claim]
    held = after.held if after else 0
    call.check(held == len(items), f"{claim} holds {held} and has {len(items)} items")
    if after is None:
        return
    if before is None or before.generation != after.generation:
        asked = claim.claim_id == call.taker
        call.check(asked, f"{claim} has a new generation without asking")
        newest = call.holdings.newest[claim.base]
        call.check(after.generation > newest, f"{claim}: {after.generation} after {newest}")
        _judge_takeover(call, claim, before, after)
    else:
        same = before.incarnation == after.incarnation
        call.check(same, f"{claim} changed hands without a new generation")


def _judge_takeover(call: Call, claim: Claim, before: Record | None, after: Record) -> None:
    """What stayed in the claim while its generation grew was taken over."""
    lives, items = call.book.lives, call.holdings.items[claim].values()
    known = [item for item in items if item in lives]
    kept = [item for item in known if lives[item].generation != after.generation]
    if not kept:
        return
    newer = before is not None and before.incarnation < after.incarnation
    call.check(newer, f"{claim}: {len(kept)} items were handed out again to {after.incarnation!r}")
    for item in kept:
        call.book.deliver(claim.base, claim.claim_id, after.generation, item)
    call.book.events["taken over"] += len(kept)


def judge_bound(call: Call, before: int) -> None:
    """`max_claimed` holds for what is handed out: what was claimed before it was set may stay."""
    base = call.entry.base
    bound = int(call.shadow.part(base, "state").get(b"max_claimed", 0))
    claimed = len(call.shadow.part(base, "claimed"))
    if bound and claimed > before:
        call.check(claimed <= bound, f"{claimed} items are claimed, {bound} may be")
        call.book.events["claimed up to the bound"] += claimed == bound


def judge_renewal(call: Call, claim: Claim) -> None:
    mine = claim.claim_id == (call.claim_id if call.script == "extend" else call.taker)
    call.check(mine, f"{claim} was renewed by another")
    if call.script == "extend":
        record = call.holdings.before(claim)
        held = record is not None and record.generation == call.generation
        call.check(held, f"{claim} was renewed under generation {call.generation}")
        call.book.events["renewed"] += 1
