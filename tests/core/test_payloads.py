"""What can travel, and the place inside a payload that cannot."""

from __future__ import annotations

import enum
from collections import OrderedDict
from datetime import datetime, timezone

import pytest

from redis_xcom import BadPayload
from redis_xcom.codec import MAX_DEPTH

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)


def nested(depth):
    value = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


class Colour(enum.IntEnum):
    RED = 1


class Wordless:
    def __repr__(self):
        raise RuntimeError("no words for it")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        True,
        0,
        -1.5,
        1e308,
        2**53 + 1,
        -(10**30),
        "",
        "naïve 机器 🦄 \x00 \u2028",
        [],
        {},
        [[], {}, ""],
        {"": {"a.b": [None]}},
        {"xcom": "not an id", "payload": 1},
        '{"xcom":"x","payload":1}',
        nested(MAX_DEPTH),
        ["[" * 500],
    ],
)
def test_what_json_holds_comes_back_as_it_was(queue, payload):
    queue.push(payload)
    queue.push_many([payload])
    for _ in range(2):
        with queue.claim() as claim:
            assert claim.payloads == [payload]
            assert type(claim.payloads[0]) is type(payload)
            claim.release(reason="again")
    assert queue.stats().dead == 0
    queue.purge()


def test_what_json_writes_as_its_own_comes_back_as_that(queue):
    queue.push_many([(1, 2), OrderedDict(a=1), Colour.RED, {1: "a", None: "b"}])
    with queue.claim(9) as claim:
        assert claim.payloads == [[1, 2], {"a": 1}, 1, {"1": "a", "null": "b"}]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({1}, r"payload is a set"),
        (b"x", r"payload is a bytes"),
        (NOW, r"payload is a datetime, which JSON cannot hold: convert it first"),
        ({"rows": [1, {"at": NOW}]}, r"payload\.rows\[1\]\.at is a datetime"),
        ([1, (2, object())], r"payload\[1\]\[1\] is a object"),
        (float("nan"), r"payload is nan, which JSON does not know"),
        ({"a": float("inf")}, r"payload\.a is inf"),
        ([-float("inf")], r"payload\[0\] is -inf"),
        ("\ud800", r"payload is text with a lone surrogate"),
        ({"a": ["\udfff"]}, r"payload\.a\[0\] is text with a lone surrogate"),
        ({"\ud800": 1}, r"the key '\\ud800' of payload is text with a lone surrogate"),
        ({(1, 2): 3}, r"the key \(1, 2\) of payload is a tuple"),
        ({"a": {b"k": 1}}, r"the key b'k' of payload\.a is a bytes"),
        ({float("nan"): 1}, r"the key nan of payload is nan"),
        ({Wordless(): 1}, r"the key <Wordless> of payload is a Wordless"),
        ({10**5000: 1}, r"payload"),
        ({b"k" * 5000: 1}, r"the key b'k{198}… of payload is a bytes"),
        (10**5000, r"payload"),
        (nested(MAX_DEPTH + 1), r"payload is nested deeper than 200 levels"),
        (nested(100_000), r"payload is nested deeper than 200 levels"),
        ("x" * 1_048_576, r"payload has 1048578 bytes, at most 1048576 may travel"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_what_json_cannot_hold_is_refused_with_its_place(queue, either_client, payload, words):
    with pytest.raises(BadPayload, match=words):
        queue.push(payload)
    assert either_client.keys("*") == []


def test_one_payload_of_many_is_named_by_its_number(queue):
    with pytest.raises(BadPayload, match=r"payloads\[3\]\.at is a set"):
        queue.push_many([0, 1, 2, {"at": {3}}])
    with pytest.raises(BadPayload, match=r"payloads\[1\] has"):
        queue.push_many([0, "x" * 2_000_000])


def test_a_payload_that_holds_itself_is_refused(queue):
    payload = []
    payload.append(payload)
    with pytest.raises(BadPayload):
        queue.push(payload)


def test_the_largest_payload_can_be_claimed(make_queue):
    queue = make_queue(max_payload_bytes=1000)
    queue.push("x" * 998, by="w" * 500)
    queue.claim().release(reason="oops")
    assert len(queue.peek()) == 1
    with queue.claim() as claim:
        assert claim.payloads == ["x" * 998]
    assert queue.dead() == []
    with pytest.raises(BadPayload, match="1001 bytes"):
        queue.push("x" * 999)


def test_a_consumer_with_a_smaller_bound_rejects_what_is_too_large(make_queue):
    make_queue().push_many(["x" * 500, "small"])
    queue = make_queue(max_payload_bytes=100)
    with queue.claim(2) as claim:
        assert claim.payloads == ["small"]
    assert "502 bytes, at most 100 may travel" in queue.dead()[0].reason
    assert make_queue().dead()[0].item.payload == "x" * 500
