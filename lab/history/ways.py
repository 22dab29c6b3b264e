"""The ways an item may go, each with the rule for it; any other way is a violation."""

from __future__ import annotations

from collections.abc import Callable

from lab.history.call import Call
from lab.history.holdings import Claim, Record
from lab.history.journey import Move

CLOCK_STEP_MS = 60
"""Two readings of one clock differ by less, unless it was set."""


def arrived(call: Call, move: Move) -> None:
    base = move.end.base
    forwarded = call.script in {"claim", "settle"} and base != call.entry.base
    pushed = call.script in {"push", "foreign"} and base == call.entry.base
    call.check(forwarded or pushed, f"{move.item!r} came from nowhere")
    call.book.begin(base, move.envelope)
    call.book.events["forwarded" if forwarded else "pushed"] += 1


def handed_out(call: Call, move: Move) -> None:
    asked = call.script == "claim"
    call.check(asked, f"{move.item!r} went to {move.end.claim_id} by {call.script}")
    if record := _new_holder(call, move):
        place = move.end
        call.book.deliver(place.base, place.claim_id, record.generation, move.item)
        call.book.events["claimed"] += 1


def _new_holder(call: Call, move: Move) -> Record | None:
    """The record of the claim that the item has come to."""
    place, life = move.end, call.book.life(move.envelope)
    asked = place.claim_id == call.taker
    call.check(asked, f"{move.item!r} went to {place.claim_id}, who did not ask")
    record = call.holdings.live.get(Claim(place.base, place.claim_id))
    if not call.check(record, f"{move.item!r} is held without a record"):
        return None
    fits = record.incarnation == call.incarnation
    call.check(fits, f"{move.item!r} is held by incarnation {record.incarnation!r}")
    newer = record.generation > life.generation
    call.check(newer, f"{move.item!r}: generation {record.generation} after {life.generation}")
    return record


def came_due_and_handed_out(call: Call, move: Move) -> None:
    came_due(call, move)
    handed_out(call, move)


def passed_on(call: Call, move: Move) -> None:
    """Out of one claim and into another in one call."""
    if call.script == "hand_over":
        handed_over(call, move)
    else:
        came_back(call, move)
        handed_out(call, move)


def handed_over(call: Call, move: Move) -> None:
    """By its holder, and not handed out once more: its deliveries are what they were."""
    before, place = call.holder(move.start), move.end
    holds = before and before.generation == call.generation
    call.check(
        holds and move.start.claim_id == call.claim_id,
        f"{move.item!r} was handed over by {call.claim_id}, which does not hold it",
    )
    if (record := _new_holder(call, move)) and before:
        kept = record.takeovers == before.takeovers
        call.check(kept, f"{move.item!r}: {record.takeovers} takeovers, not {before.takeovers}")
        call.book.hand_over(place.base, place.claim_id, record.generation, move.item)
        call.book.events["handed over"] += 1


def acked(call: Call, move: Move) -> None:
    place, record = move.start, call.holder(move.start)
    stepped = call.acks_first and record and call.incarnation == record.incarnation
    call.check(stepped or call.letter == b"a", f"{move.item!r} is gone without an ack")
    holds = record and place.claim_id == call.claim_id and record.generation == call.generation
    call.check(holds, f"{move.item!r} was acked by {call.claim_id}, which does not hold it")
    call.book.end(move.item, "acked", call.claim_id, call.generation)
    call.book.events["acked"] += 1


def came_back(call: Call, move: Move) -> None:
    if call.script == "settle":
        given_back(call, move)
    elif move.start.claim_id == call.taker:
        spent(call, move)
    elif call.check(call.script == "claim", f"{move.item!r} came back by {call.script}"):
        expired(call, move)
    life, envelope = call.book.life(move.envelope), move.envelope
    if move.end.part != "claimed" and not envelope.is_bare:
        counted = envelope.deliveries == life.deliveries
        call.check(counted, f"{move.item!r}: {life.deliveries} deliveries, {envelope}")
    call.book.events["died"] += move.end.part == "dead"


def given_back(call: Call, move: Move) -> None:
    place, record = move.start, call.holder(move.start)
    holds = record and place.claim_id == call.claim_id and record.generation == call.generation
    call.check(holds, f"{move.item!r} was given back by one that does not hold it")
    rejected = call.letter == b"d"
    fits = move.end.part == "dead" if rejected else call.letter == b"r"
    call.check(fits, f"{move.item!r} went to {move.end.part} with letter {call.letter!r}")
    how = "rejected" if rejected else "released"
    call.book.returns.add((move.item, call.generation, how))
    call.book.events[how] += 1


def spent(call: Call, move: Move) -> None:
    """Delivered too often: a newer incarnation that takes its claim over does not get it."""
    record = call.holder(move.start)
    taken = record and record.incarnation < call.incarnation and move.end.part == "dead"
    call.check(taken, f"{move.item!r} came back by a claim of its own holder")
    call.book.events["died at a takeover"] += 1


def expired(call: Call, move: Move) -> None:
    claim, record = Claim(move.start.base, move.start.claim_id), call.holder(move.start)
    renewal = call.holdings.renewed.get(claim)
    if not call.check(record and renewal, f"{move.item!r} was taken from a claim without lease"):
        return
    now = call.queue_ms(claim.base)
    call.check(renewal.deadline <= now, f"{claim}: {renewal.deadline - now} ms were left")
    real = call.entry.at_ms - renewal.real_ms
    jumped = abs(now - renewal.queue_ms - real) > CLOCK_STEP_MS
    least = record.lease / 3 if jumped else record.lease
    enough = real >= least - CLOCK_STEP_MS
    call.check(enough, f"{claim}: {real} ms of a lease of {record.lease}, {jumped=}")
    call.book.events["expired"] += 1


def came_due(call: Call, move: Move) -> None:
    call.check(call.script == "claim", f"{move.item!r} came due by {call.script}")
    call.book.events["came due"] += 1


def called_up(call: Call, move: Move) -> None:
    """The item before it in its line has ended; `Lines` judges whether that is so."""
    call.check(call.script in {"claim", "settle"}, f"{move.item!r} was called up by {call.script}")
    call.book.events["called up"] += 1


def called_up_and_handed_out(call: Call, move: Move) -> None:
    called_up(call, move)
    handed_out(call, move)


def stood_behind(call: Call, move: Move) -> None:
    call.check(call.script == "claim", f"{move.item!r} stands behind by {call.script}")
    call.book.events["stood behind"] += 1


def redriven(call: Call, move: Move) -> None:
    call.check(call.script == "redrive", f"{move.item!r} left the dead letters by {call.script}")
    call.check(move.envelope.deliveries == 0, f"{move.item!r} was redriven with its counts")
    call.book.life(move.envelope).deliveries = 0
    call.book.events["redriven"] += 1


def purged(call: Call, move: Move) -> None:
    call.check(call.script == "purge", f"{move.item!r} is lost")
    call.book.life(move.envelope)
    call.book.end(move.item, "purged")
    call.book.events["purged"] += 1


WAYS: dict[tuple[str | None, str | None], Callable[[Call, Move], None]] = {
    (None, "ready"): arrived,
    (None, "delayed"): arrived,
    (None, "waiting"): arrived,
    ("ready", "waiting"): stood_behind,
    ("waiting", "ready"): called_up,
    ("waiting", "claimed"): called_up_and_handed_out,
    ("ready", "claimed"): handed_out,
    ("delayed", "claimed"): came_due_and_handed_out,
    ("claimed", "claimed"): passed_on,
    ("claimed", None): acked,
    ("claimed", "ready"): came_back,
    ("claimed", "delayed"): came_back,
    ("claimed", "dead"): came_back,
    ("delayed", "ready"): came_due,
    ("dead", "ready"): redriven,
    ("dead", "waiting"): redriven,
    ("ready", None): purged,
    ("delayed", None): purged,
    ("waiting", None): purged,
    ("dead", None): purged,
}
"""By the part an item comes from and the part it goes to; None is nowhere."""


def judge_move(call: Call, move: Move) -> None:
    way = move.start and move.start.part, move.end and move.end.part
    rule = WAYS.get(way)
    if not call.check(rule, f"{move.item!r} went from {way[0]} to {way[1]}"):
        return
    rule(call, move)
    life = call.book.lives.get(move.item)
    same = life is None or life.payload == hash(move.envelope.payload)
    call.check(same, f"{move.item!r} had its payload changed")
