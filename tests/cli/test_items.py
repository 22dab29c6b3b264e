"""Items from the command line: pushed, looked at, brought back, deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from redis_xcom import Queue


def payloads(queue):
    return [item.payload for item in queue.peek(100)]


def test_each_argument_is_pushed_as_json(say, orders):
    assert say("push", "orders", '{"order": 7}', "8", '"nine"').code == 0
    assert payloads(orders) == [{"order": 7}, 8, "nine"]


def test_each_line_of_standard_input_is_pushed(say, orders):
    told = say("push", "orders", "--json", stdin=b'1\n\n{"a": "\xc3\xa9"}\n  \n[2]')
    assert told.objects == [{"queue": "orders", "pushed": 3, "repeated": 0}]
    assert payloads(orders) == [1, {"a": "é"}, [2]]


def test_a_push_id_adds_once(say, orders):
    for told in ("pushed 2, there already 0", "pushed 0, there already 2"):
        assert say("push", "orders", "1", "2", "--push-id", "load").out.strip() == told
    assert payloads(orders) == [1, 2]


def test_what_is_not_json_is_refused_by_its_number_and_nothing_is_pushed(say, orders):
    told = say("push", "orders", stdin=b"1\ntwo\n3")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("Error: payload 2 is not JSON")
    assert orders.stats().total == 0


def test_options_of_a_push_are_those_of_the_queue(say, orders):
    say("push", "orders", "1", "--by", "me", "--delay", "5m")
    assert orders.stats().delayed == 1
    told = say("push", "orders", "2", "--max-length", "1")
    assert told.code == 1
    assert "would pass max_length 1" in told.err
    orders.purge()


def test_peek_shows_items_and_leaves_them(say, orders):
    assert say("peek", "orders").out == "nothing is ready\n"
    orders.push({"order": 7}, by="loader")
    (item,) = say("peek", "orders", "--json").objects
    assert (item["payload"], item["by"], item["deliveries"]) == ({"order": 7}, "loader", 0)
    head, row = say("peek", "orders").out.splitlines()
    assert head.split() == ["id", "pushed", "key", "by", "deliveries", "failures", "payload"]
    assert row.endswith('{"order": 7}')
    assert orders.stats().ready == 1


def test_text_is_told_from_the_rest_and_cannot_command_a_terminal(say, orders):
    orders.push_many(["7", "\x1b[2J\u202e\x9b"])
    rows = [line.split()[-1] for line in say("peek", "orders").out.splitlines()[1:]]
    assert rows == ['"7"', '"\\u001b[2J\\u202e\\x9b"']
    assert all(line.isprintable() for line in rows)


def test_dead_letters_are_shown_and_redriven(say, orders):
    orders.push_many([1, 2, 3])
    orders.claim(3, owner="worker").reject(reason="no \x1b[1mgood")
    letters = say("dead", "orders", "--json").objects
    assert [letter["payload"] for letter in letters] == [1, 2, 3]
    assert "worker" in say("dead", "orders", "--limit", "1").out
    assert "no \\x1b[1mgood" in say("dead", "orders").out
    assert say("redrive", "orders", letters[1]["id"]).out == "redriven 1\n"
    assert say("redrive", "orders", "--limit", "1").out == "redriven 1\n"
    assert payloads(orders) == [2, 1]
    assert say("redrive", "orders", "--json").objects == [{"queue": "orders", "redriven": 1}]
    orders.purge()


def test_what_is_no_item_is_shown_as_it_lies_there(say, orders, client):
    client.rpush(orders.keys.part("ready"), b"not json \xff")
    assert not orders.claim()
    (letter,) = say("dead", "orders", "--json").objects
    assert "not json" in letter["payload"]
    orders.purge(dead=True)


def test_pause_and_resume(say, orders):
    orders.push(1)
    say("pause", "orders")
    assert say("claim", "orders").out == "paused\n"
    say("resume", "orders")
    assert not orders.stats().paused


def test_items_of_one_key_stand_in_line(say, orders):
    assert say("push", "orders", "1", "2", "--ordering-key", "c7").code == 0
    (row,) = say("peek", "orders", "--json").objects
    assert (row["payload"], row["key"]) == (1, "c7")
    (row,) = say("stats", "orders", "--json").objects
    assert (row["ready"], row["waiting"]) == (1, 1)
    assert "1 behind others of their key" in say("purge", "orders", stdin=b"n\n").err


def test_a_bound_is_set_and_lifted(say, orders):
    orders.push_many(range(3))
    assert say("limit", "orders", "--max-claimed", "2").out == "at most 2 may be claimed\n"
    claim = orders.claim(3)
    assert len(claim) == orders.stats().max_claimed == 2
    assert say("limit", "orders", "--max-claimed", "none").out == "any number may be claimed\n"
    assert len(orders.claim(3)) == 1
    assert [say("limit", "orders", "--max-claimed", word).code for word in ("0", "x", "-1")] == [
        2
    ] * 3


def test_a_purge_asks_first(say, orders):
    orders.push_many([1, 2])
    told = say("purge", "orders", stdin=b"n\n")
    assert told.code == 1
    assert "Delete 2 ready and 0 delayed items of orders?" in told.err
    assert orders.stats().ready == 2
    assert say("purge", "orders", stdin=b"y\n").code == 0
    assert orders.stats().ready == 0


def test_a_purge_that_may_need_not_ask(say, orders):
    orders.push_many([1, 2])
    orders.claim().reject(reason="no")
    assert say("purge", "orders", "--yes").out == "purged 1\n"
    assert orders.stats().dead == 1
    assert say("purge", "orders", "--yes", "--dead").out == "purged 1\n"


@pytest.mark.parametrize("where", [["--prefix", "shop"], ["--tag", "eu"], []])
def test_a_queue_may_have_a_prefix_or_a_tag(say, client, where):
    say("push", "orders", "1", *where)
    how = dict(zip([word.strip("-") for word in where[::2]], where[1::2], strict=True))
    assert payloads(Queue("orders", client=client, **how)) == [1]


def test_a_claim_by_hand_is_settled_by_its_generation(say, orders):
    orders.push_many(range(6))
    for action in (["ack"], ["release"], ["reject", "--reason", "no"]):
        items = say("claim", "orders", "--limit", "2", "--json").objects
        generation = str(items[0]["generation"])
        assert [item["payload"] for item in items]
        again = say("claim", "orders", "--limit", "2", "--json").objects
        assert [item["id"] for item in again] == [item["id"] for item in items]
        told = say(action[0], "orders", "--generation", generation, *action[1:], "--json")
        assert told.objects == [{"queue": "orders", "done": 2, "already": 0}]
    stats = orders.stats()
    assert (stats.acked, stats.released, stats.rejected) == (2, 2, 2)


def test_what_another_holds_is_not_settled(say, orders):
    orders.push(1)
    claim = orders.claim(claim_id="me")
    for claim_id, generation in (("me", 7), ("you", claim.generation)):
        told = say("ack", "orders", "--claim-id", claim_id, "--generation", str(generation))
        assert told.code == 1
        assert "holds nothing of generation" in told.err
    claim.ack()


def test_a_release_may_be_delayed(say, orders):
    orders.push(1)
    claim = orders.claim(claim_id="me", lease=timedelta(seconds=9))
    who = ["--claim-id", "me", "--generation", str(claim.generation)]
    assert say("release", "orders", *who, "--delay", "1h", "--reason", "later").code == 0
    assert orders.stats().delayed == 1
    orders.purge()
