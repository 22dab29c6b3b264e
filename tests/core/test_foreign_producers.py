"""Whatever anyone RPUSHes is an item, or a dead letter that says why not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

READY = "xcom:{orders}:ready"


@pytest.fixture
def rpush(either_client):
    return lambda *values: either_client.rpush(READY, *values)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "true",
        "0",
        "-12.5e3",
        '"text"',
        "[]",
        "{}",
        '{"a": {"b": [1, null]}}',
        ' \n {"spaces" : 1 } \t',
        "9007199254740993",
        "123456789012345678901234567890",
        '"\\u00e9 \\ud83e\\udd84"',
        '{"a":1,"a":2}',
        '{"id":"x","xcom":"y"}',
        '{ "xcom":"y","payload":1}',
    ],
)
def test_a_bare_json_value_is_an_item(queue, rpush, text):
    rpush(text)
    assert [item.payload for item in queue.peek()] == [json.loads(text)]
    with queue.claim() as claim:
        (item,) = claim.items
        assert item.payload == json.loads(text)
        assert (item.by, item.deliveries) == ("", 1)
        assert item.id


def test_a_strangers_item_has_an_id_from_its_first_claim_on(queue, rpush):
    rpush("1", "1", "1")
    claim = queue.claim(3)
    ids = [item.id for item in claim.items]
    assert len(set(ids)) == 3
    claim.release()
    with queue.claim(3) as again:
        assert [item.id for item in again.items] == ids


def test_a_strangers_item_keeps_its_bytes(queue, rpush):
    value = b' {"big": 123456789012345678901234567890, "f": 1.0, "e": [ ], "u": "\\u00e9"} '
    rpush(value)
    queue.claim().reject(reason="look at it")
    assert value in queue.dead()[0].raw


def deep(brackets):
    return "[" * brackets + "]" * brackets


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("not json", "not valid JSON"),
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ('{"a":1}}', "not valid JSON"),
        ("1}", "not valid JSON"),
        ('1},"x":{', "not"),
        ('1,"deliveries":9', "not valid JSON"),
        ('1,"payload":2', "not valid JSON"),
        ("NaN", "not valid JSON"),
        ("Infinity", "not valid JSON"),
        ("1e999", "out of range"),
        ("[" * 190 + "1e999" + "]" * 190, "out of range"),
        ("'single'", "not valid JSON"),
        ('"\\ud800"', "not valid JSON"),
        (b"\xff\xfe", "not"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ("[" * 100_000, "nested deeper than 200 levels"),
        (deep(100_000), "nested deeper than 200 levels"),
        (deep(201), "nested deeper than 200 levels"),
        ('"' + "x" * 2_097_152 + '"', "2097154 bytes, at most 1048576 may travel"),
        ('{"xcom":"x"}', "not an item"),
        ('{"xcom":"x","payload":}', "not valid JSON"),
        ('{"xcom":"x', "not valid JSON"),
        ('{"xcom":"x","deliveries":"many","payload":1}', "not an item"),
        ('{"xcom":"x","deliveries":-1,"failures":0,"payload":1}', "not an item"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_is_no_item_dies_with_its_reason_and_hurts_no_neighbour(queue, rpush, bad, why):
    rpush("1")
    rpush(bad)
    rpush("2")
    with queue.claim(3) as claim:
        assert claim.payloads == [1, 2]
        assert queue.stats().claimed == 2
    (dead,) = queue.dead()
    assert why in dead.reason
    assert len(dead.reason) <= 500
    assert (bad if isinstance(bad, bytes) else bad.encode())[:5] in dead.raw
    assert queue.stats().total == 1
    assert queue.redrive() == 1
    assert queue.claim(3).items == []
    assert queue.stats().dead == 1


def test_bad_ones_only_are_passed_over_for_what_comes_behind(queue, rpush):
    rpush(*["bad"] * 25)
    queue.push("good")
    with queue.claim(4) as claim:
        assert claim.payloads == ["good"]
    assert queue.stats().dead == 25


def test_a_drain_passes_over_bad_ones(queue, rpush):
    for n in range(5):
        rpush("bad", str(n), "worse")
    assert [item.payload for item in queue.drain(4)] == [0, 1, 2, 3, 4]
    assert (queue.stats().dead, queue.stats().acked) == (10, 5)


def test_peek_leaves_out_what_is_no_item(queue, rpush):
    rpush("bad", "1", b"\xff", '2,"more":3', '2,"deliveries":3', "2}", '1,"payload":2')
    assert [(item.payload, item.id, item.pushed_at) for item in queue.peek()] == [(1, "", None)]
    queue.purge()


def test_the_same_envelope_pushed_twice_is_two_items(queue, rpush):
    twin = '{"xcom":"twin","payload":7}'
    rpush(twin, twin)
    one, two = queue.claim(), queue.claim()
    assert (one.payloads, two.payloads) == ([7], [7])
    one.reject(reason="first")
    two.reject(reason="second")
    letters = queue.dead()
    assert sorted(letter.reason for letter in letters) == ["first", "second"]
    assert len({letter.id for letter in letters}) == 2
    assert queue.redrive() == 2


def test_an_envelope_of_a_strangers_making_survives_being_renamed(queue, rpush, clock):
    """Delayed beside its twin it gets a longer id."""
    twin = '{"xcom":"1800000000000","payload":7,"more":8}'
    rpush(twin, twin)
    queue.claim(2).release(delay=timedelta(seconds=1))
    clock.advance(1)
    with queue.claim(2) as claim:
        assert claim.payloads == [7, 7]
        assert len({item.id for item in claim.items}) == 2


@pytest.mark.parametrize(
    "head",
    [
        '{"xcom":"a\\"b",',
        '{"xcom":"a","by":"say \\"hi\\"",',
        '{"xcom":"a","by":"x\\\\",',
        '{"xcom":"a","failures":3,"by":"x",',
        '{"xcom":"a","deliveries":1,"failures":2,"by":"x",',
    ],
)
def test_an_envelope_of_a_strangers_making_survives_being_counted(make_queue, rpush, head):
    queue = make_queue(max_deliveries=4)
    rpush(head + '"payload":{"n":1}}')
    for n in range(4):
        with queue.claim() as claim:
            assert json.dumps(claim.payloads).count('"n": 1') == 1
            assert claim.items[0].deliveries >= n + 1
            claim.release(reason="oops")
            if queue.stats().dead:
                break
    (dead,) = queue.dead()
    assert dead.reason.endswith("oops")
    assert dead.item is not None


def test_a_count_beyond_counting_makes_no_item(queue, rpush):
    rpush('{"xcom":"x","deliveries":9999999999999999,"failures":0,"payload":1}', "1")
    with queue.claim(2) as claim:
        assert claim.payloads == [1]
    assert "not an item" in queue.dead()[0].reason
    queue.purge(dead=True)


@pytest.mark.parametrize("count", [995176090834958, 999999999999998, 999999999999999])
def test_a_strangers_count_is_counted_on_exactly_or_stands(make_queue, rpush, count):
    rpush(f'{{"xcom":"x","deliveries":{count},"failures":{count},"payload":1}}')
    queue = make_queue(max_deliveries=None)
    queue.claim().release(reason="oops")
    with queue.claim() as claim:
        (item,) = claim.items
        most = min(count + 1, 999_999_999_999_999)
        assert (item.earlier, item.failures) == (most, most)


def test_a_strangers_item_was_pushed_when_it_was_claimed_first(queue, rpush, clock):
    rpush("1")
    clock.advance(5)
    when = datetime.fromtimestamp(clock.us / 1e6, timezone.utc)
    claim = queue.claim()
    assert abs(claim.items[0].pushed_at - when) < timedelta(seconds=1)
    claim.ack()


def test_a_value_put_among_the_delayed_is_due_like_any_other(queue, either_client, clock):
    either_client.zadd("xcom:{orders}:delayed", {'{"by":"hand"}': clock.us // 1000 + 1000})
    assert not queue.claim()
    clock.advance(1)
    with queue.claim() as claim:
        assert claim.payloads == [{"by": "hand"}]
