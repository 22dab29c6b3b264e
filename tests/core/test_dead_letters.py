"""What died, why, in whose hands, and the way back."""

from __future__ import annotations

import json

import pytest

from redis_xcom import BadArgument


def die(queue, *payloads, reason="no"):
    queue.push_many(payloads)
    claim = queue.claim(4096)
    letters = [item.id for item in claim.items]
    claim.reject(reason=reason)
    return letters


def payloads(queue):
    return [item.payload for item in queue.peek(4096)]


def test_those_that_died_first_stand_in_front(queue, clock):
    for n in range(3):
        die(queue, n)
        clock.advance(1)
    assert [letter.item.payload for letter in queue.dead()] == [0, 1, 2]
    assert [letter.item.payload for letter in queue.dead(2)] == [0, 1]
    times = [letter.died_at for letter in queue.dead()]
    assert times == sorted(times)


def test_dead_letters_are_read_with_redis_cli(queue, either_client):
    (item_id,) = die(queue, {"n": 1}, reason="no such customer")
    letter = either_client.hget("xcom:{orders}:dead", item_id).decode()
    assert '"reason":"no such customer"' in letter
    assert '"payload":{"n":1}' in letter


def test_half_a_character_in_a_reason_is_spelt_out(queue, either_client):
    """An error names a file whose name is no UTF-8: its letter can be printed all the same."""
    (item_id,) = die(queue, 1, reason="no file caf\udce9")
    assert queue.dead()[0].reason == r"no file caf\udce9"
    assert json.loads(either_client.hget("xcom:{orders}:dead", item_id))["reason"].encode()
    queue.purge(dead=True)


def test_redriven_items_go_to_the_end_with_counts_at_zero(queue):
    queue.push("dead", by="loader")
    queue.claim().release(reason="oops")
    queue.claim().reject(reason="no")
    queue.push("alive")
    assert queue.redrive() == 1
    assert payloads(queue) == ["alive", "dead"]
    item = queue.peek()[1]
    assert (item.deliveries, item.failures, item.by) == (0, 0, "loader")
    assert (queue.stats().dead, queue.stats().redriven) == (0, 1)
    queue.purge()


def test_only_the_ids_asked_for_are_redriven(queue):
    a, b, c = die(queue, *"abc")
    assert queue.redrive([c, "unknown", a]) == 2
    assert payloads(queue) == ["c", "a"]
    assert [letter.id for letter in queue.dead()] == [b]
    assert queue.redrive([a]) == 0
    assert queue.redrive([]) == 0
    queue.purge(dead=True)


def test_no_more_than_the_limit_are_redriven(queue, clock):
    for n in range(5):
        die(queue, n)
        clock.advance(1)
    assert queue.redrive(limit=2) == 2
    assert payloads(queue) == [0, 1]
    assert queue.redrive([letter.id for letter in queue.dead()], limit=1) == 1
    assert (queue.stats().dead, queue.stats().ready) == (2, 3)
    queue.purge(dead=True)


def test_all_are_redriven_a_hundred_a_call(queue, monkeypatch):
    die(queue, *range(350))
    looked, redrive = [], queue._scripts.redrive

    def counted(ids, **how):
        reply = redrive(ids, **how)
        looked.append(reply[0])
        return reply

    monkeypatch.setattr(queue._scripts, "redrive", counted)
    assert queue.redrive() == 350
    assert looked == [100, 100, 100, 50, 0]
    assert sorted(payloads(queue)) == list(range(350))
    queue.purge()


def test_what_dies_while_all_are_redriven_stays_dead(queue, clock, monkeypatch):
    die(queue, *range(150))
    redrive = queue._scripts.redrive

    def while_others_die(ids, **how):
        reply = redrive(ids, **how)
        if queue.stats().dead == 50:
            clock.advance(1)
            claim = queue.claim()
            claim.reject(reason="no")
        return reply

    monkeypatch.setattr(queue._scripts, "redrive", while_others_die)
    assert queue.redrive() == 150
    (late,) = queue.dead()
    assert late.item.payload == 0
    queue.purge(dead=True)


def test_ten_thousand_ids_are_redriven_a_hundred_a_call(queue, monkeypatch):
    die(queue, *range(150))
    ids = [letter.id for letter in queue.dead(200)]
    calls, redrive = [], queue._scripts.redrive
    monkeypatch.setattr(
        queue._scripts, "redrive", lambda ids, **how: calls.append(len(ids)) or redrive(ids, **how)
    )
    assert queue.redrive([*ids, *(f"x-{n}" for n in range(9850))]) == 150
    assert set(calls) == {100}
    queue.purge()


def test_one_id_where_a_list_is_meant_is_refused(queue):
    (item_id,) = die(queue, 1)
    with pytest.raises(BadArgument, match="give a list"):
        queue.redrive(item_id)
    for no_id in ("\udcff", b"x", None):
        with pytest.raises(BadArgument, match="no item's id"):
            queue.redrive([item_id, no_id])
    assert queue.stats().dead == 1


@pytest.mark.parametrize("limit", [0, -1, True, "1"])
def test_a_limit_is_a_whole_number(queue, limit):
    with pytest.raises(BadArgument, match="limit"):
        queue.redrive(limit=limit)
    with pytest.raises(BadArgument, match="limit"):
        queue.dead(limit)
    with pytest.raises(BadArgument, match="limit"):
        queue.peek(limit)


def test_an_id_that_is_dead_already_is_not_overwritten(queue, either_client):
    twin = '{"xcom":"twin","payload":%d}'
    either_client.rpush("xcom:{orders}:ready", *(twin % n for n in range(4)))
    for reason in "abcd":
        queue.claim().reject(reason=reason)
    letters = queue.dead()
    assert sorted((letter.item.payload, letter.reason) for letter in letters) == [
        (0, "a"),
        (1, "b"),
        (2, "c"),
        (3, "d"),
    ]
    assert letters[0].item.id == "twin"
    assert queue.redrive([letter.id for letter in letters if letter.id != "twin"]) == 3
    assert [letter.reason for letter in queue.dead()] == ["a"]
    queue.purge(dead=True)


def test_what_dies_again_is_redriven_again(queue):
    (item_id,) = die(queue, 1)
    for _ in range(3):
        assert queue.redrive() == 1
        queue.claim().reject(reason="again")
        assert [letter.id for letter in queue.dead()] == [item_id]


def test_a_redriven_poison_gets_all_its_deliveries_again(make_queue):
    queue = make_queue(max_deliveries=2)
    queue.push(1)
    for _ in range(2):
        for _ in range(2):
            queue.claim().release()
        assert queue.stats().dead == 1
        queue.redrive()
    queue.purge()


def test_reasons_and_owners_of_any_text_are_read_back(queue):
    reason = 'a "quote", \\ back, ,"item": {"x":1} \n 机器 🦄'
    queue.push(1)
    queue.claim(owner="it's ,item: {}").reject(reason=reason)
    (letter,) = queue.dead()
    assert (letter.reason, letter.owner) == (reason, "it's ,item: {}")
    assert letter.item.payload == 1
