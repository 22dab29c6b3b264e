"""One item in a queue of its own: one holder, who keeps it until its time is over."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from redis_xcom import BadArgument, BadPayload, Queue, Superseded
from redis_xcom.errors import AlreadyClaimed
from redis_xcom.single import Single
from redis_xcom.single_scripts import SingleScripts

HOUR = timedelta(hours=1)
CARD = {"dag": "cards", "key": "return_value"}


@pytest.fixture
def make_single(either_client, clock):
    def make(name="card", **options):
        return Single(name, client=either_client, clock=clock, **options)

    return make


@pytest.fixture
def single(make_single):
    made = make_single()
    assert made.offer(CARD, ttl=HOUR)
    return made


@pytest.fixture
def ends(either_client, single):
    """`ends()`: when each key of it expires, in ms since 1970; -1 for never."""
    return lambda: {either_client.pexpiretime(key) for key in either_client.keys("*")}


def test_the_first_who_asks_has_it_and_again(single):
    first = single.claim("a", owner="task a")
    assert first.payload == CARD
    again = single.claim("a", owner="task a")
    assert (again.payload, again.generation) == (CARD, first.generation)
    assert (first.again, again.again, again.taken_over) == (False, True, False)


def test_everybody_else_is_told_who_has_it(single, clock):
    held = single.claim("a", owner="task a on host 1")
    for _ in range(3):
        clock.advance(600)
        with pytest.raises(AlreadyClaimed, match=r"by task a on host 1, as a, who") as refusal:
            single.claim("b")
    told = refusal.value
    assert (told.holder, told.owner, told.claim_id) == ("a", "task a on host 1", "b")
    assert told.generation == held.generation
    assert told.since.timestamp() == pytest.approx(1_800_000_000, abs=1)


def test_a_newer_try_takes_it_over_and_fences_the_older_one(single):
    first = single.claim("a", incarnation="1")
    second = single.claim("a", incarnation="2")
    assert second.again
    assert second.taken_over
    assert second.payload == CARD
    assert second.generation > first.generation
    with pytest.raises(Superseded, match="newer incarnation"):
        single.claim("a", incarnation="1")
    assert not first.release()
    assert not single.release("a", incarnation="1")
    assert single.holder().incarnation == "2"


def test_it_is_offered_once(single, make_single):
    assert not single.offer("another", ttl=HOUR)
    assert single.look() == CARD
    held = single.claim("a")
    assert not make_single().offer("another", ttl=HOUR)
    with pytest.raises(AlreadyClaimed):
        single.claim("b")
    assert held.release()
    assert not single.offer("another", ttl=HOUR)
    assert single.claim("b").payload == CARD
    with pytest.raises(AlreadyClaimed):
        single.claim("a")


def test_what_was_not_offered_is_not_there(make_single):
    assert make_single().claim("a") is None
    assert make_single().look() is None
    assert make_single().holder() is None
    assert not make_single().release("a")


def test_looking_changes_nothing(single, snapshot):
    before = snapshot()
    assert single.look() == CARD
    assert single.holder() is None
    assert snapshot() == before
    single.claim("a", incarnation="1", owner="me")
    before = snapshot()
    assert single.look() == CARD
    assert (single.holder().claim_id, single.holder().owner) == ("a", "me")
    assert snapshot() == before


def test_a_release_goes_to_the_next_and_repeated_harms_nobody(single):
    first = single.claim("a")
    assert first.release()
    assert first.release()
    second = single.claim("b")
    assert second.generation > first.generation
    assert first.release()
    assert not single.release("c")
    assert single.holder().claim_id == "b"


def test_a_newer_try_may_release_what_an_older_one_holds(single):
    single.claim("a", incarnation="1")
    assert single.release("a", incarnation="2")
    assert single.holder() is None


def test_a_release_of_another_generation_changes_nothing(single):
    held = single.claim("a")
    assert not single.release("a", generation=held.generation - 1)
    assert single.holder().claim_id == "a"
    assert single.release("a", generation=held.generation)


def test_all_keys_end_at_one_time_whatever_happens(single, ends, clock):
    (first,) = ends()
    assert first == clock.us / 1000 + HOUR.total_seconds() * 1000
    clock.advance(60)
    single.offer(CARD, ttl=2 * HOUR)
    assert ends() == {first}
    held = single.claim("a", incarnation="1", lease=timedelta(seconds=1))
    assert ends() == {first}
    single.claim("a", incarnation="2")
    assert ends() == {first}
    held = single.claim("a", incarnation="2")
    with pytest.raises(AlreadyClaimed):
        single.claim("b")
    assert ends() == {first}
    assert held.release()
    assert ends() == {first}


def test_its_end_is_the_end_of_everything(either_client, clock, eventually):
    single = Single("card", client=either_client, clock=clock)
    clock.us = round((time.time() - 0.9) * 1_000_000)
    single.offer(CARD, ttl=timedelta(seconds=1))
    single.claim("a")
    eventually(lambda: not either_client.keys("*"), "the end of all keys")
    assert single.claim("a") is None
    assert single.offer(CARD, ttl=HOUR)
    assert single.claim("b").payload == CARD


@pytest.mark.spoils_keys
@pytest.mark.parametrize("part", ["state", "claims", "claimed", "leases"])
def test_a_key_that_is_lost_makes_no_second_holder(single, either_client, part):
    single.claim("a", incarnation="1")
    assert either_client.delete(single.keys.part(part)) == 1
    with pytest.raises((AlreadyClaimed, BadArgument)):
        assert single.offer(CARD, ttl=HOUR) is single.claim("b")


def test_without_an_end_it_stays(make_single, either_client, clock):
    forever = make_single()
    forever.offer(CARD, ttl=None)
    forever.claim("a")
    clock.advance(86_400 * 365 * 30)
    with pytest.raises(AlreadyClaimed):
        forever.claim("b")
    assert {either_client.pttl(key) for key in either_client.keys("*")} == {-1}


def test_a_lease_ends_as_that_of_any_claim(single, clock):
    single.claim("a", owner="me", lease=timedelta(seconds=30))
    clock.advance(29)
    with pytest.raises(AlreadyClaimed):
        single.claim("b")
    clock.advance(2)
    # After a silence nobody can tell whether it was one, or a jump of the clock.
    with pytest.raises(AlreadyClaimed, match=r"its lease is over, ask again in \d+\.\d s"):
        single.claim("b")
    clock.advance(10)
    assert single.claim("b").payload == CARD


def test_who_asks_again_renews_its_lease(single, clock):
    for _ in range(5):
        single.claim("a", lease=timedelta(seconds=30))
        clock.advance(20)
    with pytest.raises(AlreadyClaimed):
        single.claim("b")


def test_a_queue_of_another_kind_is_left_alone(either_client, clock, make_single, snapshot):
    Queue("card", client=either_client, prefix="xcom-values", clock=clock).push("an order")
    before = snapshot()
    with pytest.raises(BadArgument, match="of another kind"):
        make_single().offer(CARD, ttl=HOUR)
    assert make_single().claim("a") is None
    assert not make_single().release("a")
    assert snapshot() == before
    assert {either_client.pttl(key) for key in either_client.keys("*")} == {-1}


def test_an_item_taken_away_by_hand_is_nobodys(single, either_client, clock):
    Queue("card", client=either_client, prefix="xcom-values", clock=clock).purge()
    with pytest.raises(AlreadyClaimed, match="taken away by hand"):
        single.claim("a")


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(days=40_000), 5])
def test_a_time_that_cannot_be_meant_is_refused(make_single, ttl):
    with pytest.raises(BadArgument, match="ttl"):
        make_single().offer(CARD, ttl=ttl)


def test_a_payload_is_checked_as_any(make_single, either_client):
    with pytest.raises(BadPayload, match=r"payload\.at"):
        make_single().offer({"at": object()}, ttl=HOUR)
    assert either_client.keys("*") == []


def test_of_many_who_ask_at_once_one_has_it(client):
    """Each offers, too: as those do who do not know whether they are the first."""
    told, start = [], threading.Barrier(8)

    def ask(n):
        single = Single("card", client=client)
        start.wait(10)
        single.offer(n, ttl=HOUR)
        try:
            told.append(("has", single.claim(f"c{n}").payload))
        except AlreadyClaimed as error:
            told.append(("told", error.holder))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    holder = Single("card", client=client).holder().claim_id
    assert len(told) == 8
    assert [whom for what, whom in told if what == "told"] == [holder] * 7


def test_what_is_sent_twice_is_done_once(single, snapshot, monkeypatch):
    """As redis-py sends it where a reply is lost."""
    run = SingleScripts._run

    def twice(scripts, *request):
        run(scripts, *request)
        before = snapshot()
        reply = run(scripts, *request)
        assert snapshot() == before
        return reply

    monkeypatch.setattr(SingleScripts, "_run", twice)
    single.offer(CARD, ttl=HOUR)
    held = single.claim("a", incarnation="1")
    taken = single.claim("a", incarnation="2")
    assert taken.generation > held.generation
    with pytest.raises(AlreadyClaimed):
        single.claim("b")
    assert taken.release()
    assert single.claim("b").generation > taken.generation


def test_a_late_copy_of_a_release_disturbs_nobody(single):
    held = single.claim("a")
    held.release()
    again = single.claim("a")
    assert not held.release()
    assert single.holder().generation == again.generation
