"""Names become keys: what would touch other keys is refused, without a network."""

from __future__ import annotations

import pytest

import redis_xcom
from redis_xcom import BadArgument, BadName, Queue
from redis_xcom.keys import TYPES, Keys

NOWHERE = "redis://nowhere.invalid:1/0"
BAD_NAMES = [
    "",
    "a}b",
    "{a}",
    "a*",
    "a b",
    "a\nb",
    "a\n",
    "a:b",
    ".a",
    "-a",
    "é",
    "x" * 129,
    7,
    None,
    b"a",
]


@pytest.mark.parametrize("name", ["a", "7", "orders", "Orders.eu-1_b", "x" * 128])
def test_a_plain_name_will_do(name):
    queue = Queue(name, url=NOWHERE)
    assert queue.name == name
    assert repr(queue) == f"<Queue xcom:{{{name}}}:>"


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_name_that_would_touch_other_keys_is_refused(name):
    with pytest.raises(BadName, match=r"queue name .* is not usable"):
        Queue(name, url=NOWHERE)
    with pytest.raises(BadName, match=r"prefix .* is not usable"):
        Queue("orders", url=NOWHERE, prefix=name)
    if name is not None:
        with pytest.raises(BadName, match=r"tag .* is not usable"):
            Queue("orders", url=NOWHERE, tag=name)


def test_a_bad_name_is_a_bad_argument_and_a_value_error():
    assert issubclass(BadName, BadArgument)
    assert issubclass(BadArgument, ValueError)


def test_keys_share_the_hash_tag_of_their_queue():
    assert Keys("orders").all() == tuple(f"xcom:{{orders}}:{part}" for part in TYPES)
    assert Keys("done", "app", "orders").part("ready") == "app:{orders}:done:ready"
    assert Keys("done", tag="orders").slot == Keys("orders").slot == "orders"


def test_queues_of_one_tag_never_share_a_key():
    keys = [Keys("a"), Keys("a", tag="a"), Keys("b", tag="a"), Keys("a", prefix="b")]
    everything = [key for one in keys for key in one.all()]
    assert len(set(everything)) == len(everything)


def test_queues_of_different_prefixes_share_nothing(make_queue):
    one, two = make_queue(prefix="one"), make_queue(prefix="two")
    one.push(1)
    assert not two.claim()
    one.purge()


def test_the_exported_names_are_pinned():
    assert sorted(redis_xcom.__all__) == [
        "BadArgument",
        "BadName",
        "BadPayload",
        "Claim",
        "ClaimError",
        "ClaimHandle",
        "ClaimHeld",
        "ClaimLost",
        "DeadItem",
        "Drain",
        "Item",
        "NotReplicated",
        "Outlook",
        "Priorities",
        "PushResult",
        "Queue",
        "QueueFull",
        "RedisXComError",
        "Replicated",
        "ServerError",
        "ServerUnavailable",
        "SilentClaim",
        "Stats",
        "Superseded",
        "WrongKeyType",
    ]
